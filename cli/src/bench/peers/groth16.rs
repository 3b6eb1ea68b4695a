//! groth16-solana's verifier on its own test vector, in the runtime that Veilpass' program is measured in.
//!
//! The program is committed, like Veilpass' own (tools/peers/groth16-solana/README.md says how it is built), so that
//! measuring it needs no compiler for the chain.

use std::fs;

use anyhow::{Context, anyhow, ensure};
use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use veilpass_circuit::workspace_root;
use veilpass_svm::{Landed, Refused, Runtime};

use crate::bench::report::Report;

/// The program, its sources and its vector, from the workspace's folder.
const FOLDER: &str = "tools/peers/groth16-solana";
/// Of the library, as `FOLDER`'s manifest pins it.
const VERSION: &str = "0.3.1";
/// What the library's error `ProofVerificationFailed` is in a transaction.
const VERIFICATION_FAILED: u32 = 1;
/// Bytes of a point of G1, of a proof (two of G1, one of G2), and of a public input.
const G1: usize = 64;
const PROOF: usize = 4 * G1;
const INPUT: usize = 32;

pub(super) fn measure(json: bool) -> anyhow::Result<()> {
    let vector = vector()?;
    let mut verifier = Verifier::load()?;
    let accepted =
        verifier.send(&vector).map_err(|refused| anyhow!("{:?}\n{}", refused.error, refused.logs.join("\n")))?;
    // What takes anything for a proof is no measure.
    for (change, data) in changed(&vector) {
        let refused = verifier.send(&data).err().with_context(|| format!("accepted with {change}"))?;
        ensure!(refused.code == Some(VERIFICATION_FAILED), "{change}: {:?}", refused.error);
    }

    let report = Report::new(json, context(&vector));
    // Of the transaction, with its request for compute units, as verify_cu_total of `bench chain` is.
    report.line("groth16_solana_verify_cu", accepted.compute_units as f64, "CU");
    report.line("groth16_solana_transaction_bytes", accepted.bytes as f64, "bytes");
    Ok(())
}

fn context(vector: &[u8]) -> serde_json::Value {
    json!({
        "library": format!("groth16-solana {VERSION}"), "vector": "the library's own test",
        "public_inputs": (vector.len() - PROOF) / INPUT, "proof_bytes": PROOF,
        "runtime": "litesvm, mainnet features",
    })
}

/// The instruction's data: a proof, then its public inputs.
fn vector() -> anyhow::Result<Vec<u8>> {
    let file = workspace_root().join(FOLDER).join("vector.hex");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let vector = hex::decode(text.split_whitespace().collect::<String>())?;
    ensure!(vector.len() > PROOF && (vector.len() - PROOF).is_multiple_of(INPUT), "{} is cut off", file.display());
    Ok(vector)
}

/// The vector with one thing wrong, and what.
fn changed(vector: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let change = |with: fn(&mut Vec<u8>)| {
        let mut data = vector.to_vec();
        with(&mut data);
        data
    };
    [
        ("another public input", change(|data| data[PROOF + INPUT - 1] ^= 1)),
        ("a flipped bit in the proof", change(|data| data[PROOF - 1] ^= 1)),
        // On the curve, so that it is the equation that does not hold.
        ("another point of the curve in the proof", change(|data| data.copy_within(..G1, PROOF - G1))),
    ]
}

/// The program in a runtime, and who sends to it.
struct Verifier {
    runtime: Runtime,
    payer: Keypair,
    program: Address,
}

impl Verifier {
    fn load() -> anyhow::Result<Self> {
        let mut runtime = Runtime::new()?;
        let (payer, program) = (runtime.funded(), Address::new_unique());
        runtime.load(program, &format!("{FOLDER}/verifier.so"))?;
        Ok(Self { runtime, payer, program })
    }

    fn send(&mut self, data: &[u8]) -> Result<Landed, Refused> {
        let instruction = Instruction { program_id: self.program, accounts: Vec::new(), data: data.to_vec() };
        self.runtime.send(&[instruction], &[&self.payer])
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::bench::table::grouped;

    #[test]
    fn accepts_the_vector_and_nothing_near_it() {
        let (vector, mut verifier) = (vector().unwrap(), Verifier::load().unwrap());
        assert_eq!(context(&vector)["public_inputs"], 9);
        let accepted = verifier.send(&vector).map_err(|refused| refused.error).unwrap();
        for (change, data) in changed(&vector) {
            assert_ne!(data, vector);
            let refused = verifier.send(&data).err().expect(change);
            assert_eq!(refused.code, Some(VERIFICATION_FAILED), "{change}: {:?}", refused.logs);
        }
        let cut = verifier.send(&vector[..vector.len() - 1]).err().unwrap();
        assert_eq!(cut.code, None, "the program's own refusal: {:?}", cut.error);
        let readme = fs::read_to_string(workspace_root().join(FOLDER).join("README.md")).unwrap();
        let measured = format!("**{} CU**", grouped(accepted.compute_units));
        assert!(readme.contains(&measured), "the README says otherwise than {measured}");
    }

    #[test]
    fn the_program_belongs_to_its_sources() {
        let folder = workspace_root().join(FOLDER);
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        for line in sums.lines() {
            let (sum, file) = line.split_once("  ").unwrap();
            let actual = hex::encode(Sha256::digest(fs::read(folder.join(file)).unwrap()));
            assert_eq!(sum, actual, "{file} changed since verifier.so was built: build it again");
        }
        for file in ["verifier.so", "Cargo.toml", "Cargo.lock", "src/lib.rs", "src/vector.rs"] {
            assert!(sums.contains(&format!("  {file}\n")), "{file}");
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("groth16-solana = \"={VERSION}\"")));
    }
}
