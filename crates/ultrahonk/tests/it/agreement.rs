//! The same verdict as `bb verify`.

use std::fs;
use std::process::{Command, Stdio};

use veilpass_circuit::{Bb, Crs};
use veilpass_ultrahonk::{Section, verify};

use crate::fixtures;

/// Honest proofs, and each section's first and last byte and a byte of its middle changed in turn.
#[test]
fn bb_agrees() {
    let (bb, crs) = (Bb::locate(None).expect("bb is installed: run ./veilpass doctor"), Crs::locate().expect("a CRS"));
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = temporary.path();
    let (mut accepted, mut refused) = (0, 0);
    for fixture in fixtures::all() {
        let key = fixture.key();
        fs::write(folder.join("vk"), &fixture.vk).expect("written");
        let mut agree = |proof: &[u8], public_inputs: &[u8], what: &str| {
            fs::write(folder.join("proof"), proof).expect("written");
            fs::write(folder.join("public_inputs"), public_inputs).expect("written");
            let mut command = Command::new(bb.path());
            command
                .args(["verify", "-t", "evm", "-k", "vk", "-p", "proof", "-i", "public_inputs", "-c"])
                .arg(crs.dir());
            command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let theirs = command.status().expect("bb runs").success();
            let ours = verify(&key, proof, public_inputs).is_ok();
            assert_eq!(ours, theirs, "{}: {what}", fixture.name);
            *(if ours { &mut accepted } else { &mut refused }) += 1;
        };
        agree(&fixture.proof, &fixture.public_inputs, "unchanged");
        for section in Section::ALL {
            let range = section.range(key.log_n());
            for at in [range.start, (range.start + range.end) / 64 * 32 + 31, range.end - 1] {
                let mut proof = fixture.proof.clone();
                proof[at] ^= 1;
                agree(&proof, &fixture.public_inputs, &format!("{section:?}, byte {at}"));
            }
        }
        let mut public_inputs = fixture.public_inputs.clone();
        public_inputs[31] ^= 1;
        agree(&fixture.proof, &public_inputs, "another public input");
        agree(&fixture.proof[32..], &fixture.public_inputs, "truncated");
    }
    assert!(accepted == 4 && refused >= 4 * 62);
}
