//! A registry with one track and two tokens.

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_protocol::{
    Context, Epoch, EpochPolicy, FieldElement, Leaf, MerkleRoot, Nullifier, Pepper, ProofStatement, ProverKeyId,
    RegistryId, SEALED_WITNESS_BYTES, SealedWitness, TokenId, TrackId, WalletHash,
};
use veilpass_store::{
    Cancelled, ClientBucket, Enrolment, LeasedJob, NewJob, NewRegistry, Store, TokenHash, VerificationRecord,
};

pub(crate) const PROVER_KEY: [u8; 32] = [9; 32];
pub(crate) const LEASE: Duration = Duration::from_secs(30);

pub(crate) struct Fixture {
    pool: PgPool,
    pub(crate) store: Store,
    pub(crate) registry: RegistryId,
    pub(crate) track: TrackId,
}

pub(crate) fn element(value: u64) -> FieldElement {
    FieldElement::from_u64(value)
}

pub(crate) fn root(value: u64) -> MerkleRoot {
    MerkleRoot::new(element(value))
}

pub(crate) async fn fixture(pool: &PgPool) -> Fixture {
    let store = Store::from_pool(pool.clone());
    let registry = RegistryId::new(element(1));
    store.create_registry(&new_registry(registry, "main")).await.unwrap();
    let track = store.create_track(registry, "first-light").await.unwrap();
    store.announce_prover_key(&PROVER_KEY, Duration::from_secs(60)).await.unwrap();
    Fixture { pool: pool.clone(), store, registry, track }
}

/// The same, of an anchored registry.
pub(crate) async fn anchored_fixture(pool: &PgPool) -> Fixture {
    let f = fixture(pool).await;
    sqlx::query("UPDATE registries SET anchored = true").execute(pool).await.unwrap();
    f
}

pub(crate) fn new_registry(id: RegistryId, slug: &str) -> NewRegistry {
    NewRegistry {
        id,
        slug: slug.into(),
        program_id: "11111111111111111111111111111111".into(),
        cluster: "localnet".into(),
        epochs: EpochPolicy { length_seconds: 3600, grace_seconds: 60 },
        root_lifetime_seconds: 3600,
        anchored: false,
    }
}

pub(crate) fn random_token() -> [u8; 32] {
    let mut token = [0; 32];
    token[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    token
}

impl Fixture {
    pub(crate) fn enrolment(&self, token: u64) -> Enrolment {
        Enrolment {
            wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[2; 32]),
            token_id: TokenId::new(element(token)),
            track_id: self.track,
            leaf: Leaf::new(element(1_000_000 + token)),
        }
    }

    pub(crate) fn statement(&self, nullifier: u64) -> ProofStatement {
        ProofStatement {
            registry_id: self.registry,
            track_id: self.track,
            epoch: Epoch(u64::MAX),
            nullifier: Nullifier::new(element(nullifier)),
            context: Context::new(element(6)),
        }
    }

    pub(crate) fn job(&self, nullifier: u64) -> NewJob {
        self.job_of(0, nullifier)
    }

    /// A job of another client.
    pub(crate) fn job_of(&self, client: u8, nullifier: u64) -> NewJob {
        NewJob {
            statement: self.statement(nullifier),
            prover_key_id: ProverKeyId::of_public_key(&PROVER_KEY),
            sealed_witness: SealedWitness::from_slice(&[5; SEALED_WITNESS_BYTES]).unwrap(),
            client: ClientBucket::of_hash(&[client; 32]),
            patient: true,
            token: TokenHash::of(&random_token()),
        }
    }

    /// A token of a job, whoever asked for it.
    pub(crate) async fn token_of(&self, job: Uuid) -> TokenHash {
        let token = random_token();
        sqlx::query("INSERT INTO proof_job_claims (token_hash, job_id) VALUES (sha256($1), $2)")
            .bind(&token[..])
            .bind(job)
            .execute(&self.pool)
            .await
            .unwrap();
        TokenHash::of(&token)
    }

    pub(crate) async fn cancel(&self, job: Uuid) -> Cancelled {
        self.store.cancel_job(job, self.token_of(job).await).await.unwrap()
    }

    /// The newest lease of the one prover.
    pub(crate) async fn lease(&self) -> Option<LeasedJob> {
        self.store.lease_job(ProverKeyId::of_public_key(&PROVER_KEY), "a", LEASE).await.unwrap()
    }

    /// Enrols one token and publishes a root with this value.
    pub(crate) async fn publish(&self, token: u64, value: u64) -> u64 {
        let index = self.store.enrol(self.registry, &[self.enrolment(token)]).await.unwrap();
        let change_seq = self.store.registry(self.registry).await.unwrap().unwrap().change_seq;
        self.store.publish_root(self.registry, root(value), change_seq, index + 1).await.unwrap().seq
    }

    pub(crate) fn verification(&self, nullifier: u64, root_value: u64, root_seq: u64) -> VerificationRecord {
        VerificationRecord { public_inputs: self.statement(nullifier).under_root(root(root_value)), root_seq }
    }
}
