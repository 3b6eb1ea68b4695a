//! Writes the seed corpus, `fuzz/corpus/<target>/*`, from the known proofs.

use std::{fs, path::Path};

use anchor_lang::Discriminator;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use veilpass_chain::{Nullifier, PROGRAM_ID, ProofBuffer, Registry, events};
use veilpass_fuzz_targets::{FIXTURES, KNOWN_PROOF, OPERATIONS, known_envelope};
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
    for (name, answer) in transactions() {
        put("transaction", name, answer.to_string().as_bytes())?;
    }
    put("worker_answer", "known", &worker_answer())?;
    put("worker_answer", "refused-error", b"\x92\xadErrorResponse\x81\xa7message\xa2no")?;
    put("witness_plaintext", "one", &[&[1][..], &[1; 32], &[2; 32], &[0, 0, 0, 7]].concat())?;
    for (number, (name, text)) in (0..).zip(TEXTS) {
        put("text_fields", name, &[&[number], text.as_bytes()].concat())?;
    }
    put("proof_bytes", "short", &FIXTURES[0].proof[..4000])
}

/// One of each kind, in the order of `text_fields`.
const TEXTS: [(&str, &str); 8] = [
    ("element", "0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000"),
    ("address", "So11111111111111111111111111111111111111112"),
    ("nonce", "000102030405060708090a0b0c0d0e0f"),
    ("timestamp", "2026-01-02T03:04:05Z"),
    ("domain", "listen.example:8443"),
    ("origin", "https://listen.example"),
    ("cluster", "mainnet"),
    ("name", "000102030405060708090a0b0c0d0e0f"),
];

/// Answers to `getTransaction`: one instruction, which is ours or calls us, and an event inside of it.
fn transactions() -> [(&'static str, serde_json::Value); 4] {
    let event = bs58::encode(&chain_data()[3].1).into_string();
    let ours = PROGRAM_ID.to_bytes();
    // A signature; header; two accounts, of which the second is the program that runs; a blockhash; one instruction without
    // accounts and data.
    let message = |program: [u8; 32]| [&[1, 0, 1, 2][..], &[9; 32], &program, &[5; 32], &[1, 1, 0, 0]].concat();
    let legacy = |program| [&[1][..], &[7; 64], &message(program)].concat();
    // The same with a version, and without lookups of addresses.
    let v0 = |program| [&[1][..], &[7; 64], &[0x80], &message(program), &[0]].concat();
    let inner = |program: u8, data: &str, height: Option<u32>| {
        let accounts: [u8; 0] = [];
        json!({"programIdIndex": program, "accounts": accounts, "data": data, "stackHeight": height})
    };
    let answer = |bytes: &[u8], inner: &[serde_json::Value], loaded: &[String]| {
        json!({"slot": 42, "blockTime": 1_800_000_000, "version": 0,
            "transaction": [BASE64_STANDARD.encode(bytes), "base64"],
            "meta": {"err": null, "status": {"Ok": null}, "fee": 5000, "preBalances": [], "postBalances": [],
                "innerInstructions": [{"index": 0, "instructions": inner}],
                "loadedAddresses": {"writable": [], "readonly": loaded}}})
    };
    let program = [PROGRAM_ID.to_string()];
    [
        ("outer", answer(&legacy(ours), &[inner(1, &event, Some(2))], &[])),
        ("without-height", answer(&v0(ours), &[inner(1, &event, None)], &[])),
        ("inner", answer(&v0([6; 32]), &[inner(2, "", Some(2)), inner(2, &event, Some(3))], &program)),
        ("another-first", answer(&v0(ours), &[inner(0, "2", Some(2)), inner(1, &event, Some(2))], &[])),
    ]
}

/// A worker's answer with the known proof.
fn worker_answer() -> Vec<u8> {
    let fixture = FIXTURES.iter().find(|fixture| fixture.name == "ownership").expect("it is one");
    let fields = fixture.public_inputs.chunks(32).flat_map(|field| [&[0xc4, 32], field].concat());
    let fields: Vec<u8> = fields.collect();
    let number = u16::try_from(fixture.proof.len() / 32).expect("226");
    [
        &b"\x92\xb4CircuitProveResponse\x83\xadpublic_inputs\x96"[..],
        &fields,
        b"\xa5proof\xdc",
        &number.to_be_bytes(),
        KNOWN_PROOF,
        b"\xa2vk\x83\xa5bytes\xc4\x00\xa6fields\x90\xa4hash\xc4\x00",
    ]
    .concat()
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
