//! Decoders of what comes from the network or the chain. Whatever is accepted is written again and must come out the same:
//! two texts for one meaning are how checks are passed twice.

use std::sync::LazyLock;

use anchor_lang::{AnchorSerialize, Discriminator};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use sha2::{Digest, Sha256};
use veilpass_chain::{Event, Nullifier, ProofBuffer, Registry, read_account};
use veilpass_leafset::{Changes, Encoder, LeafSet};
use veilpass_protocol::{
    Context, Epoch, FieldElement, IdentitySecret, ProofStatement, RegistryId, SEALED_WITNESS_BYTES, SealedWitness,
    TokenId, TrackId, WITNESS_PLAINTEXT_BYTES,
};
use veilpass_sealing::{OwnershipWitness, ProverSecretKey, open, seal};
use veilpass_siws::EnrolmentMessage;

/// A file of leaves without its checksum, which is put there: no fuzzer finds one.
pub fn leaf_set(data: &[u8]) -> bool {
    let file = with_checksum(data);
    let Ok(LeafSet { header, leaves }) = LeafSet::decode(&file) else { return false };
    let mut again = Vec::new();
    let mut encoder = Encoder::leaves(&header, &mut again);
    encoder.push_leaves(leaves, &mut again);
    encoder.finish(&mut again);
    assert_eq!(file, again, "a file of leaves has one form");
    true
}

/// A file of changes without its checksum.
pub fn leaf_changes(data: &[u8]) -> bool {
    let file = with_checksum(data);
    let Ok(Changes { header, changes }) = Changes::decode(&file) else { return false };
    let mut again = Vec::new();
    let mut encoder = Encoder::changes(&header, &mut again);
    encoder.push_changes(changes, &mut again);
    encoder.finish(&mut again);
    assert_eq!(file, again, "a file of changes has one form");
    true
}

fn with_checksum(data: &[u8]) -> Vec<u8> {
    [data, &Sha256::digest(data)].concat()
}

/// The text that a wallet signed.
pub fn sign_in_message(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else { return false };
    let Ok(message) = text.parse::<EnrolmentMessage>() else { return false };
    assert_eq!(message.to_string(), text, "a message has one form");
    true
}

/// A prover's key, a statement, and the only envelope that may open with them.
struct Sealed {
    key: ProverSecretKey,
    statement: ProofStatement,
    envelope: [u8; SEALED_WITNESS_BYTES],
}

static SEALED: LazyLock<Sealed> = LazyLock::new(|| {
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let key = ProverSecretKey::generate(&mut rng);
    let number = FieldElement::from_u64;
    let secret = IdentitySecret::random(&mut rng);
    let (registry_id, track_id, epoch) = (RegistryId::new(number(1)), TrackId::new(number(2)), Epoch(3));
    let statement = ProofStatement {
        registry_id,
        track_id,
        epoch,
        nullifier: secret.nullifier(veilpass_protocol::hash_scope(registry_id, track_id, epoch)),
        context: Context::new(number(5)),
    };
    let witness = OwnershipWitness { identity_secret: secret, token_id: TokenId::new(number(6)), leaf_index_hint: 8 };
    let sealed = seal(&key.public_key(), &statement, &witness, &mut rng);
    Sealed { key, statement, envelope: *sealed.as_bytes() }
});

/// A sealed witness, as a job brings it. Whoever finds another one that opens has broken the cipher.
pub fn sealed_witness(data: &[u8]) -> bool {
    let Ok(bytes) = <[u8; SEALED_WITNESS_BYTES]>::try_from(data) else { return false };
    let (encapsulated, ciphertext) = bytes.split_first_chunk::<32>().expect("it is longer");
    let ciphertext = ciphertext.try_into().expect("the rest");
    let opened = open(&SEALED.key, &SEALED.statement, &SealedWitness::from_parts(encapsulated, ciphertext));
    assert!(opened.is_err() || bytes == SEALED.envelope, "another envelope opens");
    opened.is_ok()
}

/// The envelope that [`sealed_witness`] accepts.
pub fn known_envelope() -> &'static [u8] {
    &SEALED.envelope
}

/// What somebody seals who knows how: any plaintext, to the prover's public key, for a statement.
pub fn witness_plaintext(data: &[u8]) -> bool {
    type Kem = hpke::kem::X25519HkdfSha256;
    let Ok(plaintext) = <[u8; WITNESS_PLAINTEXT_BYTES]>::try_from(data) else { return false };
    let public_key = SEALED.key.public_key().to_bytes();
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal::<hpke::aead::ChaCha20Poly1305, hpke::kdf::HkdfSha256, Kem, _>(
            &hpke::OpModeS::Base,
            &hpke::Deserializable::from_bytes(&public_key).expect("a prover's key"),
            b"veilpass.v1.witness",
            &plaintext,
            &SEALED.statement.to_bytes(),
            &mut ChaCha20Rng::from_seed([8; 32]),
        )
        .expect("a key to seal to");
    let encapsulated: [u8; 32] = hpke::Serializable::to_bytes(&encapsulated).into();
    let ciphertext = ciphertext.try_into().expect("a plaintext of that length");
    let opened = open(&SEALED.key, &SEALED.statement, &SealedWitness::from_parts(&encapsulated, &ciphertext));
    let Ok(OwnershipWitness { identity_secret, token_id, leaf_index_hint }) = opened else { return false };
    let version: &[u8] = &[1];
    let again = [
        version,
        identity_secret.expose_be_bytes().as_slice(),
        &token_id.to_be_bytes(),
        &leaf_index_hint.to_be_bytes(),
    ]
    .concat();
    assert_eq!(again, plaintext, "a witness has one form");
    true
}

/// The data of an inner instruction, or of an account of the program.
pub fn chain_data(data: &[u8]) -> bool {
    let event = Event::from_instruction_data(data);
    if let Some(event) = &event {
        assert!(Event::is_instruction_data(data));
        let written = match event {
            Event::RegistryInitialized(event) => bytes_of(event),
            Event::MerkleRootUpdated(event) => bytes_of(event),
            Event::RootsRevoked(event) => bytes_of(event),
            Event::OwnershipVerified(event) => bytes_of(event),
        };
        assert_eq!(&data[8..], written, "an event has one form");
    }
    let accounts = [
        read_account::<Registry>(data).is_some(),
        read_account::<ProofBuffer>(data).is_some(),
        read_account::<Nullifier>(data).is_some(),
    ];
    let known = accounts.iter().filter(|known| **known).count() + usize::from(event.is_some());
    assert!(known <= 1, "data are of one kind");
    known == 1
}

fn bytes_of<T: AnchorSerialize + Discriminator>(event: &T) -> Vec<u8> {
    let mut bytes = T::DISCRIMINATOR.to_vec();
    event.serialize(&mut bytes).expect("memory takes it");
    bytes
}
