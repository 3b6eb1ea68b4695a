//! The outbox: relayers that repeat themselves, come late, and vanish.

mod calls;
mod client;
mod machine;
mod model;
mod rows;
mod tree;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::bench;

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn the_outbox_is_what_its_model_is_whatever_is_called_when(_: PgPoolOptions, options: PgConnectOptions) {
    bench::run::<machine::Outbox>(options).await;
}
