//! Writes the seed corpus, `fuzz/corpus/<target>/*`, from the known proofs.

use std::{fs, path::Path};

use veilpass_fuzz_targets::{FIXTURES, OPERATIONS};

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let put = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus.join(target))?;
        fs::write(corpus.join(target).join(name), bytes)
    };
    for (number, fixture) in (0..).zip(&FIXTURES) {
        put("proof_bytes", fixture.name, &[&[number], fixture.proof].concat())?;
        put("public_inputs", fixture.name, &[&[number], fixture.public_inputs].concat())?;
        put("host_versus_chain", fixture.name, &[number])?;
        for operation in 0..OPERATIONS {
            // A word of the proof's middle, then one of the public inputs.
            let mut changes = vec![number];
            for place in [100_u16, 0] {
                changes.push(operation);
                changes.extend(place.to_be_bytes());
                changes.extend([0; 31]);
                changes.push(1);
            }
            put("host_versus_chain", &format!("{}-{operation}", fixture.name), &changes)?;
            // A hint alone: they come after the 6 public inputs and the 226 words of the pinned circuit's proof.
            if fixture.name == "ownership" {
                let mut changes = vec![number, operation];
                changes.extend((6 + 226 + 70_u16).to_be_bytes());
                changes.extend([0; 31]);
                changes.push(1);
                put("host_versus_chain", &format!("ownership-hint-{operation}"), &changes)?;
            }
        }
    }
    put("proof_bytes", "short", &FIXTURES[0].proof[..4000])
}
