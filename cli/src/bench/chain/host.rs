//! How long the host takes.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use veilpass_circuit::VERIFICATION_KEY;
use veilpass_protocol::PublicInputs;
use veilpass_ultrahonk::pinned::{self, OWNERSHIP};
use veilpass_ultrahonk::{VerificationKey, verify};

use super::Samples;

/// Samples of what a service and a client do with a proof.
#[derive(Default)]
pub(super) struct Times {
    /// Verifying it, as the API does.
    pub(super) verify: Samples,
    /// Computing its hints, as a client of the program does.
    pub(super) hints: Samples,
}

impl Times {
    pub(super) fn sample(&mut self, proof: &[u8], inputs: &PublicInputs) -> anyhow::Result<()> {
        let key = VerificationKey::parse(VERIFICATION_KEY).map_err(|error| anyhow!("{error:?}"))?;
        let bytes = inputs.elements().map(|element| element.to_be_bytes());
        let words: Box<pinned::Proof> = Box::new(pinned::words(proof).context("a proof's length")?);
        let input_words = pinned::words(bytes.as_flattened()).context("six public inputs")?;
        time(&mut self.verify, || verify(&key, proof, bytes.as_flattened()).map_err(|error| anyhow!("{error:?}")))?;
        time(&mut self.hints, || {
            pinned::hints(&OWNERSHIP, &words, &input_words).map(drop).map_err(|error| anyhow!("{error:?}"))
        })
    }
}

fn time(samples: &mut Samples, work: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<()> {
    // The first is to warm up.
    work()?;
    for _ in 0..5 {
        let since = Instant::now();
        work()?;
        samples.push(since.elapsed().max(Duration::from_nanos(1)));
    }
    Ok(())
}
