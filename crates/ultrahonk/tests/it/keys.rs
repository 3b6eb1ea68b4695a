//! Keys: what is one, and that a proof belongs to exactly one.

use veilpass_ultrahonk::{MAX_LOG_N, PointError, VK_BYTES, VerificationKey, VerifyError, VkError, verify};

use crate::fixtures::{self, Fixture};

/// A key of `ownership` with one header word replaced.
fn with_header(word: usize, value: u64) -> Result<VerificationKey, VkError> {
    let mut vk = Fixture::load("ownership").vk;
    vk[32 * word..][..24].fill(0);
    vk[32 * word + 24..][..8].copy_from_slice(&value.to_be_bytes());
    VerificationKey::parse(&vk)
}

#[test]
fn the_hash_is_that_of_bb() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../circuits/ownership/");
    let read = |file: &str| std::fs::read(format!("{path}{file}")).expect("a file of the circuit");
    let key = VerificationKey::parse(&read("vk")).expect("the circuit's key");
    assert_eq!(key.hash().as_slice(), read("vk_hash"));
}

#[test]
fn other_lengths_are_refused() {
    let vk = Fixture::load("ownership").vk;
    for actual in [0, 95, 96, VK_BYTES - 64, VK_BYTES - 1, VK_BYTES + 1, VK_BYTES + 64] {
        let mut bytes = vk.clone();
        bytes.resize(actual, 0);
        assert_eq!(VerificationKey::parse(&bytes).err(), Some(VkError::Length { actual }));
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    for log_n in [0, 1, 3, MAX_LOG_N as u64 + 1, 64, u64::MAX] {
        assert_eq!(with_header(0, log_n).err(), Some(VkError::LogN), "{log_n}");
    }
    for all_inputs in [0, 7, 8, 8 + 33, u64::MAX] {
        assert_eq!(with_header(1, all_inputs).err(), Some(VkError::PublicInputs), "{all_inputs}");
    }
    for offset in [0, 4, 4096 - 13, 4096, u64::MAX] {
        assert_eq!(with_header(2, offset).err(), Some(VkError::PublicInputs), "{offset}");
    }
    for log_n in [5, MAX_LOG_N as u64] {
        assert!(with_header(0, log_n).is_ok());
    }
    assert!(with_header(1, 8 + 32).is_ok() && with_header(2, 4096 - 14).is_ok());
}

#[test]
fn commitments_off_the_curve_are_refused() {
    let vk = Fixture::load("ownership").vk;
    for index in 0..28 {
        let point = 96 + 64 * index;
        let mut bytes = vk.clone();
        bytes[point + 63] ^= 1;
        let error = VkError::Commitment { index, error: PointError::NotOnCurve };
        assert_eq!(VerificationKey::parse(&bytes).err(), Some(error));
        bytes[point] = 0xff;
        let error = VkError::Commitment { index, error: PointError::CoordinateNotCanonical };
        assert_eq!(VerificationKey::parse(&bytes).err(), Some(error));
    }
}

#[test]
fn a_proof_is_refused_under_every_other_key() {
    let fixtures = fixtures::all();
    for proven in &fixtures {
        for other in fixtures.iter().filter(|other| other.name != proven.name) {
            let result = verify(&other.key(), &proven.proof, &proven.public_inputs);
            assert!(result.is_err(), "{} under {}", proven.name, other.name);
        }
    }
}

/// The same shape, other polynomials: lengths do not tell, the transcript does.
#[test]
fn a_proof_is_refused_under_a_key_of_the_same_shape() {
    let ownership = Fixture::load("ownership");
    let mut vk = Fixture::load("wide").vk;
    vk[..96].copy_from_slice(&ownership.vk[..96]);
    let key = VerificationKey::parse(&vk).expect("a key");
    let result = verify(&key, &ownership.proof, &ownership.public_inputs);
    assert_eq!(result, Err(VerifyError::SumcheckRound { round: 0 }));
}

#[test]
fn every_number_and_commitment_of_a_key_matters() {
    let fixture = Fixture::load("ownership");
    for index in 0..28 {
        // Each commitment replaced by the generator's double, a point that no polynomial here commits to.
        let mut vk = fixture.vk.clone();
        let doubled = "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3\
                       15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4";
        vk[96 + 64 * index..][..64].copy_from_slice(&hex::decode(doubled).expect("hexadecimal digits"));
        let key = VerificationKey::parse(&vk).expect("a key");
        assert!(verify(&key, &fixture.proof, &fixture.public_inputs).is_err(), "commitment {index}");
    }
    let offset = with_header(2, 6).expect("a key");
    assert!(verify(&offset, &fixture.proof, &fixture.public_inputs).is_err());
}

#[test]
fn an_error_says_what_is_wrong() {
    let said = [VkError::Length { actual: 7 }, VkError::LogN, VkError::PublicInputs].map(|error| error.to_string());
    assert_eq!(said[0], "a verification key has 1888 bytes, not 7");
    assert!(said[1].contains("rows") && said[2].contains("public inputs"), "{said:?}");
    let error = VkError::Commitment { index: 3, error: PointError::NotOnCurve };
    assert!(
        error.to_string().contains("commitment 3") && error.to_string().ends_with(&PointError::NotOnCurve.to_string())
    );
}
