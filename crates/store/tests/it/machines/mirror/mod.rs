//! The mirror of the chain: indexers that repeat themselves, come late, and vanish, and forks that die.

mod calls;
mod chain;
mod machine;
mod model;
mod reader;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::bench;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_mirror_is_what_its_model_is_whatever_is_written_when(_: PgPoolOptions, options: PgConnectOptions) {
    bench::run::<machine::Mirror>(options).await;
}
