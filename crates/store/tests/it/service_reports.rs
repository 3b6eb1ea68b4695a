//! What services say of themselves.

use std::time::Duration;

use sqlx::PgPool;
use veilpass_store::{MAX_REPORT_BYTES, ReportError, ServiceInstance, Store, StoreConfig};

fn process(service: &'static str, instance: &str) -> ServiceInstance {
    ServiceInstance { service, instance: instance.into() }
}

async fn kept(store: &Store) -> Vec<(String, String, String)> {
    let reports = store.service_reports().await.unwrap();
    reports.into_iter().map(|report| (report.service, report.instance, report.metrics)).collect()
}

async fn rows(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM service_reports").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_last_report_of_each_process_counts_for_a_minute(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let (api, other, prover) = (process("api", "a-1"), process("api", "b-2"), process("prover", "a-1"));
    for (from, text) in [(&api, "up 1"), (&other, "up 2"), (&prover, "up 3"), (&api, "up 4")] {
        store.report_service(from, text).await.unwrap();
    }
    let row = |service: &str, instance: &str, text: &str| (service.into(), instance.into(), text.into());
    let all = [row("api", "a-1", "up 4"), row("api", "b-2", "up 2"), row("prover", "a-1", "up 3")];
    assert_eq!(kept(&store).await, all);
    assert!(store.service_reports().await.unwrap().iter().all(|report| report.age < Duration::from_secs(60)));

    sqlx::query("UPDATE service_reports SET reported_at = now() - interval '61 s' WHERE instance = 'a-1'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(kept(&store).await, [row("api", "b-2", "up 2")], "what is old is not told");
    assert_eq!(rows(&pool).await, 3);
    store.report_service(&api, "up 5").await.unwrap();
    assert_eq!(rows(&pool).await, 2, "and is removed by whoever reports next");
    assert_eq!(kept(&store).await, [row("api", "a-1", "up 5"), row("api", "b-2", "up 2")]);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_report_is_kept_whole_or_not_at_all(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let from = process("indexer", "a-1");
    let longest = "x".repeat(MAX_REPORT_BYTES);
    store.report_service(&from, &longest).await.unwrap();
    let refused = store.report_service(&from, &(longest + "x")).await.unwrap_err();
    assert!(matches!(refused, ReportError::TooLong(bytes) if bytes == MAX_REPORT_BYTES + 1));
    assert_eq!(kept(&store).await[0].2.len(), MAX_REPORT_BYTES, "the one before stays");
    for wrong in [process("stranger", "a"), process("api", ""), process("api", &"a".repeat(257))] {
        assert!(matches!(store.report_service(&wrong, "up 1").await, Err(ReportError::NoInstance)), "{wrong:?}");
    }
    assert_eq!(rows(&pool).await, 1);
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_process_reports_by_itself_until_it_is_dropped(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let reporting = store.keep_reporting(ServiceInstance::of_this_process("relayer"), || "up 1".to_owned());
    while rows(&pool).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(reporting);
    assert!(kept(&store).await[0].1.ends_with(&std::process::id().to_string()));
    // A database that is away is nothing that anybody waits for, or fails with.
    let nowhere = Store::connect_lazy("postgres://127.0.0.1:1/none", &StoreConfig::default()).unwrap();
    let reporting = nowhere.keep_reporting(process("api", "a-1"), || "up 1".to_owned());
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(reporting);
}
