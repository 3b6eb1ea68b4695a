//! Verifies files that `bb prove -t evm` and `bb write_vk -t evm` wrote. Exits 0 for a proof, 1 for anything else.
//!
//! ```text
//! cargo run --release -p veilpass-ultrahonk --example verify -- VK PROOF PUBLIC_INPUTS
//! ```

use std::error::Error;
use std::process::ExitCode;

use veilpass_ultrahonk::{VerificationKey, verify};

fn check(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let [vk, proof, public_inputs] = arguments else {
        return Err("expected three files: VK PROOF PUBLIC_INPUTS".into());
    };
    let key = VerificationKey::parse(&std::fs::read(vk)?)?;
    verify(&key, &std::fs::read(proof)?, &std::fs::read(public_inputs)?)?;
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match check(&arguments) {
        Ok(()) => {
            println!("accepted");
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("refused: {error}");
            ExitCode::FAILURE
        }
    }
}
