//! Prover keys and their retirement.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_store::{EnqueueError, NewJob};

use crate::fixture::{PROVER_KEY, fixture};

const MINUTE: Duration = Duration::from_secs(60);

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_key_that_retires_is_taken_until_then_and_never_comes_back(pool: PgPool) {
    let f = fixture(&pool).await;
    let newer = [8; 32];
    f.store.announce_prover_key(&newer, MINUTE).await.unwrap();
    // Its prover tells later than the other that it lives; that does not make it the newest.
    f.store.announce_retiring_key(&PROVER_KEY, MINUTE, Duration::from_secs(20)).await.unwrap();
    let keys = f.store.prover_keys().await.unwrap();
    assert_eq!((keys[0].public_key, keys[0].is_retiring), (newer, false));
    assert_eq!((keys[1].public_key, keys[1].is_retiring), (PROVER_KEY, true));
    assert!(keys[1].expires_at >= keys[1].not_before && keys[1].expires_at < keys[0].expires_at, "{keys:?}");
    f.store.enqueue_job(&f.job(1), 10).await.unwrap();

    // A prover that has not heard of it goes on announcing; a later time does not count either.
    f.store.announce_prover_key(&PROVER_KEY, MINUTE).await.unwrap();
    f.store.announce_retiring_key(&PROVER_KEY, MINUTE, 10 * MINUTE).await.unwrap();
    let again = f.store.prover_keys().await.unwrap();
    assert_eq!((again[1].is_retiring, again[1].expires_at), (true, keys[1].expires_at));

    sqlx::query(
        "UPDATE prover_keys SET announced_at = now() - interval '2 h', retires_at = now() - interval '1 s'
                 WHERE public_key = $1",
    )
    .bind(PROVER_KEY)
    .execute(&pool)
    .await
    .unwrap();
    f.store.announce_prover_key(&PROVER_KEY, MINUTE).await.unwrap();
    assert_eq!(f.store.prover_keys().await.unwrap().len(), 1);
    let refused = f.store.enqueue_job(&f.job(2), 10).await;
    assert!(matches!(refused, Err(EnqueueError::UnknownProverKey)));
    let prover_key_id = veilpass_protocol::ProverKeyId::of_public_key(&newer);
    f.store.enqueue_job(&NewJob { prover_key_id, ..f.job(2) }, 10).await.unwrap();
}
