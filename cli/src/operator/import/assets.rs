//! Which mints unlock which track.

use veilpass_protocol::TokenId;
use veilpass_store::{AssetLine, Store};

use super::{
    BATCH, ImportOptions, Outcome, find_registry,
    lines::{AssetRow, address, track},
    source, tracks,
};

/// Imports lines of `mint` (base58) and `track` (short name). Lines that are there already, or twice, change nothing.
pub async fn import_assets(store: &Store, options: &ImportOptions) -> anyhow::Result<Outcome> {
    let registry = find_registry(store, &options.slug).await?;
    let tracks = tracks(store, registry.id).await?;
    let (mut lines, bar) = source::open::<AssetRow>(&options.file, options.format, &["mint", "track"])?;
    let mut import = store.begin_import(registry.id).await?;
    let mut outcome = Outcome::default();
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        let mut is_over = true;
        for line in lines.by_ref().take(BATCH) {
            let (number, row) = line?;
            is_over = false;
            outcome.lines += 1;
            let read = |row: AssetRow| {
                let token = TokenId::from_mint(address("mint", &row.mint)?.as_bytes());
                Ok::<_, String>(AssetLine { token, track: track(&tracks, &row.track)? })
            };
            match row.and_then(read) {
                Ok(asset) => batch.push(asset),
                Err(reason) => outcome.tell_bad(&bar, number, reason),
            }
        }
        if is_over {
            break;
        }
        let added = import.add_assets(&batch).await?;
        outcome.added += added;
        outcome.unchanged += batch.len() as u64 - added;
    }
    bar.finish_and_clear();
    if outcome.may_write(options.dry_run, options.skip_bad) {
        import.commit_assets().await?;
        outcome.written = true;
    }
    Ok(outcome)
}
