//! Writes the seed corpus, `fuzz/corpus/<target>/*`, from the known proofs.

use std::{fs, path::Path};

use anchor_lang::Discriminator;
use veilpass_chain::{Nullifier, ProofBuffer, Registry, events};
use veilpass_fuzz_targets::{FIXTURES, OPERATIONS, known_envelope};
use veilpass_leafset::{ChangesHeader, Encoder, LeafSetHeader};
use veilpass_protocol::{FieldElement, Leaf, MerkleRoot, RegistryId};

const MESSAGE: &[u8] = include_bytes!("../../siws/tests/it/message.txt");

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
    for (name, bytes) in leaf_files() {
        put(if name.contains("changes") { "leaf_changes" } else { "leaf_set" }, name, &bytes)?;
    }
    put("sign_in_message", "enrol", MESSAGE)?;
    put("sealed_witness", "known", known_envelope())?;
    for (name, bytes) in chain_data() {
        put("chain_data", name, &bytes)?;
    }
    put("proof_bytes", "short", &FIXTURES[0].proof[..4000])
}

/// Without their checksums.
fn leaf_files() -> [(&'static str, Vec<u8>); 3] {
    let number = FieldElement::from_u64;
    let leaf = |value| Leaf::new(number(value));
    let header = |leaf_count| LeafSetHeader {
        registry_id: RegistryId::new(number(1)),
        version: 9,
        root_seq: 4,
        root: MerkleRoot::new(number(2)),
        leaf_count,
    };
    let three = header(3);
    let (mut set, mut one, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    Encoder::leaves(&three, &mut set).push_leaves([leaf(5), leaf(0), leaf(7)], &mut set);
    Encoder::leaves(&header(1), &mut one).push_leaves([leaf(5)], &mut one);
    let changes = ChangesHeader { to: three, since: 7, change_count: 2 };
    Encoder::changes(&changes, &mut changed).push_changes([(0, leaf(5)), (2, leaf(7))], &mut changed);
    [("leaves", set), ("one", one), ("changes", changed)]
}

/// An event and an account of each kind, of zeros.
fn chain_data() -> [(&'static str, Vec<u8>); 7] {
    /// Marks an instruction as an event: see `veilpass_chain::Event`.
    const EVENT: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];
    fn event<T: Discriminator>(bytes: usize) -> Vec<u8> {
        [&EVENT, T::DISCRIMINATOR, &vec![0; bytes]].concat()
    }
    fn account<T: Discriminator>() -> Vec<u8> {
        [T::DISCRIMINATOR, &vec![0; size_of::<T>()]].concat()
    }
    [
        ("registry-initialized", event::<events::RegistryInitialized>(152)),
        ("root-updated", event::<events::MerkleRootUpdated>(128)),
        ("roots-revoked", event::<events::RootsRevoked>(80)),
        ("ownership-verified", event::<events::OwnershipVerified>(184)),
        ("registry", account::<Registry>()),
        ("proof-buffer", account::<ProofBuffer>()),
        ("nullifier", account::<Nullifier>()),
    ]
}
