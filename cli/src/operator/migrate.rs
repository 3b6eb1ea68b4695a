//! The database's schema.

use std::process::ExitCode;

use anyhow::Context;
use veilpass_store::{Store, StoreConfig};

/// `veilpass migrate`
#[derive(clap::Args, Clone, Debug)]
pub struct MigrateOptions {
    /// Postgres, as postgres://user:password@host/database, of a role that may change the schema.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

/// Applies the migrations that are missing, each in a transaction of its own, and says what the schema is then.
pub async fn migrate(options: MigrateOptions) -> anyhow::Result<ExitCode> {
    let config = StoreConfig { max_connections: 1, application_name: "veilpass-migrate", ..StoreConfig::default() };
    let store = Store::connect_lazy(&options.database_url, &config)?;
    let before = store.schema_version().await.context("the database does not answer")?;
    store.migrate().await.context("a migration failed; those before it are applied")?;
    let after = store.schema_version().await?;
    store.close().await;
    match (before, after) {
        (Some(before), Some(after)) if before == after => println!("the schema is at version {after} already"),
        (before, after) => {
            println!("the schema went from version {} to {}", before.unwrap_or(0), after.unwrap_or(0));
        }
    }
    Ok(ExitCode::SUCCESS)
}
