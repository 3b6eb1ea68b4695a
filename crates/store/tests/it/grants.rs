//! Session grants and the keys that sign them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::PgPool;
use uuid::Uuid;
use veilpass_store::{GrantKeyPhase, NewGrant, NewGrantKey, SEALED_GRANT_KEY_BYTES, Store};

use crate::fixture::{Fixture, fixture};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);

fn key(number: u8) -> NewGrantKey {
    NewGrantKey {
        kid: format!("{number:a>43}"),
        public_key: [number; 32],
        sealed_key: [number; SEALED_GRANT_KEY_BYTES],
    }
}

fn in_seconds(seconds: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + seconds
}

/// The first letters of the keys, which end in their numbers, with their phases, the newest first.
async fn phases(store: &Store) -> Vec<(u8, GrantKeyPhase)> {
    let keys = store.grant_keys().await.unwrap();
    keys.iter().map(|key| (key.kid.trim_start_matches('a').parse().unwrap(), key.phase)).collect()
}

async fn grant(f: &Fixture, verification: Uuid, signer: u8, seconds: u64) -> Option<Uuid> {
    let (jti, kid) = (Uuid::new_v4(), key(signer).kid);
    let grant = NewGrant { jti, verification, kid: &kid, expires_at: in_seconds(seconds) };
    f.store.record_grant(&grant).await.unwrap().then_some(jti)
}

async fn verified(f: &Fixture) -> Uuid {
    let seq = f.publish(1, 100).await;
    f.store.record_verification(&f.verification(7, 100, seq)).await.unwrap()
}

async fn age(pool: &PgPool, interval: &str) {
    for table in [
        "grant_keys SET created_at = created_at - $1::interval, signs_from = signs_from - $1::interval",
        "session_grants SET expires_at = expires_at - $1::interval",
    ] {
        sqlx::query(&format!("UPDATE {table}")).bind(interval).execute(pool).await.unwrap();
    }
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn of_many_replicas_one_makes_the_first_key_and_one_the_next(pool: PgPool) {
    let f = fixture(&pool).await;
    let tasks: Vec<_> = (1..9)
        .map(|number| {
            let store = f.store.clone();
            tokio::spawn(async move { store.add_grant_key(&key(number), DAY, HOUR).await.unwrap() })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += usize::from(task.await.unwrap());
    }
    assert_eq!(added, 2);
    let keys = f.store.grant_keys().await.unwrap();
    let found: Vec<_> = keys.iter().map(|key| key.phase).collect();
    assert_eq!(found, [GrantKeyPhase::Next, GrantKeyPhase::Signing]);
    assert!((86_399..=86_401).contains(&(keys[0].signs_from - keys[1].signs_from)));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_key_is_published_before_it_signs_and_until_its_last_grant_expired(pool: PgPool) {
    use GrantKeyPhase::{Next, Past, Signing};
    let f = fixture(&pool).await;
    let verification = verified(&f).await;
    assert!(f.store.add_grant_key(&key(1), DAY, HOUR).await.unwrap());
    assert!(f.store.add_grant_key(&key(2), DAY, HOUR).await.unwrap());
    assert_eq!(phases(&f.store).await, [(2, Next), (1, Signing)]);
    age(&pool, "23 hours 59 min").await;
    let jti = grant(&f, verification, 1, 600).await.unwrap();
    age(&pool, "3 min").await;
    assert_eq!(phases(&f.store).await, [(2, Signing), (1, Past)]);
    assert_eq!(f.store.live_grant(jti).await.unwrap(), Some(verification));
    assert!(f.store.add_grant_key(&key(3), DAY, HOUR).await.unwrap());
    f.store.retire_grant_keys().await.unwrap();
    assert_eq!(phases(&f.store).await, [(3, Next), (2, Signing), (1, Past)]);
    let sealed =
        async || f.store.grant_keys().await.unwrap().iter().map(|key| key.sealed_key.is_some()).collect::<Vec<_>>();
    assert_eq!(sealed().await, [true, true, false], "what signs no more has no private part");

    // Ten minutes and a minute for clocks that differ.
    age(&pool, "7 min 30 s").await;
    assert_eq!(f.store.live_grant(jti).await.unwrap(), None, "expired");
    assert_eq!(phases(&f.store).await, [(3, Next), (2, Signing), (1, Past)]);
    age(&pool, "1 min").await;
    assert_eq!(phases(&f.store).await, [(3, Next), (2, Signing)]);
    f.store.retire_grant_keys().await.unwrap();
    assert_eq!(f.store.remove_expired_grants().await.unwrap(), 1);
    let left: (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM grant_keys), (SELECT count(*) FROM session_grants)")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(left, (2, 0));
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_key_that_is_hastened_waits_until_verifiers_know_it(pool: PgPool) {
    let f = fixture(&pool).await;
    assert!(!f.store.hasten_grant_key(HOUR).await.unwrap(), "there is none");
    f.store.add_grant_key(&key(1), DAY, HOUR).await.unwrap();
    f.store.add_grant_key(&key(2), DAY, HOUR).await.unwrap();
    assert!(f.store.hasten_grant_key(HOUR).await.unwrap());
    let keys = f.store.grant_keys().await.unwrap();
    assert!((3599..=3601).contains(&(keys[0].signs_from - keys[1].signs_from)), "published just now");
    age(&pool, "61 min").await;
    f.store.add_grant_key(&key(3), DAY, HOUR).await.unwrap();
    age(&pool, "2 hours").await;
    assert!(f.store.hasten_grant_key(HOUR).await.unwrap());
    assert_eq!(phases(&f.store).await[0], (3, GrantKeyPhase::Signing), "published long enough ago");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_compromise_ends_all_keys_and_all_grants(pool: PgPool) {
    let f = fixture(&pool).await;
    let verification = verified(&f).await;
    f.store.add_grant_key(&key(1), DAY, HOUR).await.unwrap();
    f.store.add_grant_key(&key(2), DAY, HOUR).await.unwrap();
    let jti = grant(&f, verification, 1, 600).await.unwrap();
    f.store.replace_grant_keys(&key(3)).await.unwrap();
    assert_eq!(phases(&f.store).await, [(3, GrantKeyPhase::Signing)]);
    assert_eq!(f.store.live_grant(jti).await.unwrap(), None);
    assert_eq!(grant(&f, verification, 1, 600).await, None, "by a replica that has not heard of it");
    assert!(grant(&f, verification, 3, 600).await.is_some());
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn grants_follow_their_verification(pool: PgPool) {
    let f = fixture(&pool).await;
    let verification = verified(&f).await;
    f.store.add_grant_key(&key(1), DAY, HOUR).await.unwrap();
    let (one, other) = (grant(&f, verification, 1, 600).await.unwrap(), grant(&f, verification, 1, 600).await.unwrap());
    let revoked = f.store.revoke_grant(one).await.unwrap().unwrap();
    assert_eq!((revoked.verification, revoked.count), (verification, 1));
    assert_eq!(f.store.revoke_grant(one).await.unwrap().unwrap().count, 0, "it was revoked before");
    assert_eq!(f.store.revoke_grant(Uuid::new_v4()).await.unwrap(), None);
    assert_eq!(f.store.live_grant(one).await.unwrap(), None);
    assert_eq!(f.store.live_grant(other).await.unwrap(), Some(verification));

    assert_eq!(f.store.revoke_grants_of(verification).await.unwrap().unwrap().count, 1);
    assert_eq!(f.store.revoke_grants_of(Uuid::new_v4()).await.unwrap(), None);
    assert_eq!(f.store.live_grant(other).await.unwrap(), None);
    assert_eq!(grant(&f, verification, 1, 600).await, None, "the session has ended");
    let status = f.store.verification_status(verification).await.unwrap().unwrap();
    assert!(status.grants_revoked && status.holds());

    for change in ["grants_revoked_at = NULL, refused_at = now()", "refused_at = NULL, overruled_by = repeat('1', 64)"]
    {
        let update = format!("UPDATE verifications SET {change}");
        sqlx::query(&update).execute(&pool).await.unwrap();
        assert_eq!(grant(&f, verification, 1, 600).await, None, "{change}");
        let status = f.store.verification_status(verification).await.unwrap().unwrap();
        assert!(status.is_refused() && !status.holds(), "{change}");
    }
    sqlx::query("UPDATE verifications SET overruled_by = NULL").execute(&pool).await.unwrap();
    assert!(grant(&f, verification, 1, 600).await.is_some());
}
