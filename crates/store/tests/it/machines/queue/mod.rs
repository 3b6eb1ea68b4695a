//! The queue of proof jobs: clients and provers that repeat themselves, come late, and vanish.

mod calls;
mod client;
mod job;
mod machine;
mod model;
mod rows;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::bench;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_queue_is_what_its_model_is_whatever_is_called_when(_: PgPoolOptions, options: PgConnectOptions) {
    bench::run::<machine::Queue>(options).await;
}
