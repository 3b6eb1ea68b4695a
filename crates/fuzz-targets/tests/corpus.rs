//! Every fuzz target over its seeds, and over seeds that differ in a byte.

#![expect(clippy::unwrap_used, reason = "a test panics")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use veilpass_fuzz_targets::{FIXTURES, TARGETS, Target};

fn fuzz_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// Runs a target over its seeds, each also with bytes flipped at `flips` places. The honest ones are those without a dash.
fn run_over_corpus(name: &str, flips: usize) {
    let (_, target): (_, Target) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let mut accepted = 0;
    for seed in fs::read_dir(fuzz_dir().join("corpus").join(name)).unwrap() {
        let data = fs::read(seed.unwrap().path()).unwrap();
        accepted += usize::from(target(&data));
        for flip in 0..flips {
            let mut data = data.clone();
            // Not the first byte: another fixture's honest proof is accepted, as it should be.
            let place = 1 + flip * 7919 % data.len();
            if let Some(byte) = data.get_mut(place) {
                *byte ^= 1 << (flip % 8);
                assert!(!target(&data) || name == "host_versus_chain", "{name}: accepted with byte {place} flipped");
            }
        }
    }
    assert_eq!(accepted, FIXTURES.len(), "{name}: the known proofs, and nothing else");
    for garbage in [&[][..], &[0], &[255; 31], &[255; 4000]] {
        target(garbage);
    }
}

#[test]
fn proof_bytes_over_its_seeds() {
    run_over_corpus("proof_bytes", 16);
}

#[test]
fn public_inputs_over_its_seeds() {
    run_over_corpus("public_inputs", 16);
}

#[test]
fn host_versus_chain_over_its_seeds() {
    run_over_corpus("host_versus_chain", 2);
}

/// Runs a decoder's target over its seeds, all of which are accepted, then over each cut short, made longer, or with a bit
/// flipped: the target itself makes sure that what is accepted has one form.
fn decode_corpus(name: &str) {
    let (_, target): (_, Target) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let seeds = fs::read_dir(fuzz_dir().join("corpus").join(name)).unwrap();
    let seeds: Vec<_> = seeds.map(|seed| fs::read(seed.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty(), "{name} has no seeds");
    for seed in seeds {
        assert!(target(&seed), "{name}: a seed is refused");
        for end in 0..seed.len() {
            assert!(!target(&seed[..end]), "{name}: accepted without its end, from byte {end}");
        }
        assert!(!target(&[&seed[..], b"0"].concat()), "{name}: accepted with a byte more");
        for bit in 0..seed.len() * 8 {
            let mut changed = seed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            target(&changed);
        }
    }
}

#[test]
fn files_of_leaves_have_one_form() {
    decode_corpus("leaf_set");
    decode_corpus("leaf_changes");
}

#[test]
fn messages_to_sign_have_one_form() {
    decode_corpus("sign_in_message");
}

#[test]
fn an_envelope_opens_as_it_was_sealed_and_no_other_way() {
    decode_corpus("sealed_witness");
}

#[test]
fn events_and_accounts_have_one_form() {
    decode_corpus("chain_data");
}

#[test]
fn events_of_transactions_are_what_the_program_sent_to_itself() {
    decode_corpus("transaction");
}

#[test]
fn witnesses_have_one_form() {
    decode_corpus("witness_plaintext");
}

/// Runs a target over its seeds, of which those without a dash in their names are accepted, and over each with any bit
/// flipped.
fn flip_bits(name: &str) {
    let (_, target): (_, Target) = TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let mut accepted = 0;
    for seed in fs::read_dir(fuzz_dir().join("corpus").join(name)).unwrap() {
        let path = seed.unwrap().path();
        let data = fs::read(&path).unwrap();
        let is_honest = !path.file_name().unwrap().to_str().unwrap().contains('-');
        assert_eq!(target(&data), is_honest, "{name}: {}", path.display());
        accepted += usize::from(is_honest);
        for bit in 0..data.len() * 8 {
            let mut changed = data.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            target(&changed);
        }
    }
    assert!(accepted > 0, "{name} has no seed that is accepted");
}

#[test]
fn of_a_workers_answers_only_the_known_proof_is_accepted() {
    flip_bits("worker_answer");
}

#[test]
fn texts_have_one_form() {
    flip_bits("text_fields");
}

/// Inputs that fuzzers came to from the seeds: what must hold is checked by the targets.
#[test]
fn what_fuzzers_reached_holds() {
    let mut inputs = 0;
    for folder in fs::read_dir(fuzz_dir().join("reached")).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name();
        let (_, target): (_, Target) = TARGETS.into_iter().find(|(target, _)| name == *target).unwrap();
        for input in fs::read_dir(folder.path()).unwrap() {
            target(&fs::read(input.unwrap().path()).unwrap());
            inputs += 1;
        }
    }
    assert!(inputs > 0);
}

#[test]
fn every_target_has_a_binary_and_seeds() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let stems = |dir: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz_dir().join(dir)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("corpus"), names);
    let manifest = fs::read_to_string(fuzz_dir().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is in fuzz/Cargo.toml");
    }
}
