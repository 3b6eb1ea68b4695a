//! The schema, by the command that operators use.

use std::process::{Command, Output};

use veilpass_cli::stack::{PostgresServer, open_to_server};

fn migrate(url: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_veilpass")).arg("migrate").env("DATABASE_URL", url).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_gets_the_schema_once_and_a_foreign_one_is_left_alone() {
    let dir = tempfile::Builder::new().prefix("veilpass-migrate-").tempdir().unwrap();
    open_to_server(dir.path()).unwrap();
    let server = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
    for database in ["empty", "foreign"] {
        server.recreate_database(database).await.unwrap();
    }
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let url = server.url("empty");
    let first = migrate(&url);
    assert!(first.status.success() && said(&first).starts_with("the schema went from version 0 to "), "{first:?}");
    let second = migrate(&url);
    assert!(second.status.success() && said(&second).trim_end().ends_with(" already"), "{second:?}");

    // Somebody else's table of the name of one of ours.
    let foreign = server.url("foreign");
    let pool = sqlx::PgPool::connect(&foreign).await.unwrap();
    sqlx::query("CREATE TABLE registries (mine text)").execute(&pool).await.unwrap();
    let refused = migrate(&foreign);
    assert!(!refused.status.success(), "{refused:?}");
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(complaint.contains("registries"), "it does not say what is in the way: {complaint}");
    assert!(!complaint.contains(foreign.split('@').next().unwrap()), "it shows the password: {complaint}");
    let columns: i64 =
        sqlx::query_scalar("SELECT count(*) FROM information_schema.columns WHERE table_name = 'registries'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(columns, 1);
    pool.close().await;
    server.stop().await;
}
