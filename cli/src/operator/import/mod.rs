//! `veilpass registry import-assets` and `import-enrollments`: snapshots of a collection into a registry.
//!
//! A file is read once, in batches; a line that is bad is told with its number and why. Unless told otherwise, one bad line
//! means that nothing is written.

mod assets;
mod enrolments;
mod lines;
mod outcome;
mod source;

use std::path::PathBuf;

use anyhow::Context;
use veilpass_protocol::{MasterKey, RegistryId};
use veilpass_store::{Registry, Store};

pub use assets::import_assets;
pub use enrolments::import_enrolments;
pub use outcome::Outcome;
pub use source::Format;

/// Lines that are sent to the database together.
const BATCH: usize = 5_000;

/// What both imports ask for.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportOptions {
    /// The file: CSV with a line of names, or one JSON object a line. `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// The registry, by its short name.
    #[arg(long)]
    pub slug: String,
    /// What the file is. By default its extension says so: .csv, .jsonl, .ndjson.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Check everything and say what would change, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Import the good lines even if there are bad ones.
    #[arg(long)]
    pub skip_bad: bool,
}

/// `veilpass registry import-enrollments`
#[derive(clap::Args, Clone, Debug)]
pub struct EnrolmentImportOptions {
    /// What to import, and where to.
    #[command(flatten)]
    pub import: ImportOptions,
    /// File with the API's master key, 64 hexadecimal digits, which hides the wallets. Without it the key is taken from the
    /// environment, VEILPASS_MASTER_KEY.
    #[arg(long, env = "VEILPASS_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

impl EnrolmentImportOptions {
    /// The key. No error quotes it, as one of the command line would.
    fn master_key(&self) -> anyhow::Result<MasterKey> {
        let text = match &self.master_key_file {
            Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
            None => std::env::var("VEILPASS_MASTER_KEY")
                .ok()
                .context("set VEILPASS_MASTER_KEY, or name a file: --master-key-file")?,
        };
        Ok(MasterKey::from_hex(&text)?)
    }
}

async fn find_registry(store: &Store, slug: &str) -> anyhow::Result<Registry> {
    let found = store.registries().await?.into_iter().find(|registry| registry.slug == slug);
    found.with_context(|| format!("there is no registry {slug}"))
}

/// The tracks of a registry, by short name.
async fn tracks(
    store: &Store,
    registry: RegistryId,
) -> anyhow::Result<std::collections::HashMap<String, veilpass_protocol::TrackId>> {
    Ok(store.tracks(registry).await?.into_iter().map(|(id, slug)| (slug, id)).collect())
}
