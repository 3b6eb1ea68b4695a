//! Rows that the protocol cannot produce are refused by the schema itself.

use sqlx::PgPool;

use crate::fixture::anchored_fixture;

const R: &str = r"'\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'";

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn wrong_rows_are_impossible(pool: PgPool) {
    let f = anchored_fixture(&pool).await;
    let seq = f.publish(1, 100).await;
    sqlx::query("UPDATE roots SET chain_slot = 1").execute(&pool).await.unwrap();
    sqlx::query("UPDATE registries SET anchored = false").execute(&pool).await.unwrap();
    f.store.enqueue_job(&f.job(1), 10).await.unwrap();
    f.store.record_verification(&f.verification(7, 100, seq)).await.unwrap();
    let refused = [
        ("a field element at the modulus", format!("UPDATE merkle_leaves SET token_id = {R}")),
        ("a short field element", r"UPDATE merkle_leaves SET token_id = '\x01'".into()),
        ("an empty leaf as an enrolment", "UPDATE merkle_leaves SET leaf_hash = decode(repeat('00', 32), 'hex')".into()),
        ("a place beyond the tree", "UPDATE merkle_leaves SET leaf_index = 4294967296".into()),
        ("a bare wallet of another length", r"UPDATE merkle_leaves SET wallet_hash = '\x0102'".into()),
        ("a leaf of an unknown track", r"UPDATE merkle_leaves SET track_id = decode(repeat('07', 32), 'hex')".into()),
        ("a root of zero", "UPDATE roots SET root = decode(repeat('00', 32), 'hex')".into()),
        ("a root after a change that was not made", "UPDATE roots SET change_seq = 99".into()),
        ("min_root_seq beyond the newest root", "UPDATE registries SET min_root_seq = 2".into()),
        ("an epoch shorter than its grace", "UPDATE registries SET epoch_grace_seconds = 3600".into()),
        ("done without a proof", "UPDATE proof_jobs SET state = 'done', finished_at = now(), sealed_witness = NULL".into()),
        ("failed without a reason", "UPDATE proof_jobs SET state = 'failed', finished_at = now(), sealed_witness = NULL".into()),
        ("ended with its witness", "UPDATE proof_jobs SET state = 'failed', finished_at = now(), failure = 'x'".into()),
        ("leased by nobody", "UPDATE proof_jobs SET state = 'leased'".into()),
        ("queued without a witness", "UPDATE proof_jobs SET sealed_witness = NULL".into()),
        ("an epoch beyond 64 bits", "UPDATE proof_jobs SET epoch = 18446744073709551616".into()),
        ("a request hash of another length", r"UPDATE proof_jobs SET request_hash = '\x01'".into()),
        ("a reason that is no code", "UPDATE proof_jobs SET last_error = 'Oh no'".into()),
        ("more clients gone than came", "UPDATE proof_jobs SET claims = -1".into()),
        ("a bucket beyond the last", "UPDATE queue_rounds SET client_bucket = 4096".into()),
        ("a prover without a pace", "INSERT INTO provers (name, prover_key_id, workers, mean_proof_ms, expires_at) SELECT 'a', id, 1, 0, expires_at FROM prover_keys".into()),
        ("an open job in the archive", "INSERT INTO proof_jobs_archive (id, registry_id, track_id, state, attempts, created_at, finished_at, retention_seconds) SELECT id, registry_id, track_id, state, 0, now(), now(), 1 FROM proof_jobs".into()),
        ("a verification without its nullifier", "DELETE FROM nullifiers".into()),
        ("an outbox row with two intents", "UPDATE chain_outbox SET verification_id = (SELECT id FROM verifications)".into()),
        ("sent without a signature", "UPDATE chain_outbox SET state = 'sent'".into()),
        ("the same root told twice", "INSERT INTO chain_outbox (intent, registry_id, root_seq) SELECT intent, registry_id, root_seq FROM chain_outbox".into()),
    ];
    for (what, statement) in refused {
        let outcome = sqlx::query(&statement).execute(&pool).await;
        let error = outcome.err().unwrap_or_else(|| panic!("accepted: {what}"));
        let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned();
        assert!(code.starts_with("23"), "{what}: not a constraint but {error}");
    }
}
