//! Who enrolled what, elsewhere or before.

use rayon::prelude::*;
use uuid::Uuid;
use veilpass_protocol::{
    OwnershipRecord, OwnershipSealer, Pepper, RegistryId, TokenId, TrackId, WalletHash, hash_leaf,
};
use veilpass_store::{EnrolmentLine, Store};

use super::{
    BATCH, EnrolmentImportOptions, Outcome, find_registry,
    lines::{EnrolmentRow, address, commitment, track},
    source, tracks,
};

/// What lines are read with.
struct Reader {
    registry: RegistryId,
    tracks: std::collections::HashMap<String, TrackId>,
    pepper: Pepper,
    sealer: OwnershipSealer,
}

impl Reader {
    fn read(&self, line: u64, row: &EnrolmentRow) -> Result<EnrolmentLine, String> {
        let (mint, wallet) = (address("mint", &row.mint)?, address("wallet", &row.wallet)?);
        let (token, track) = (TokenId::from_mint(mint.as_bytes()), track(&self.tracks, &row.track)?);
        let id = Uuid::new_v4();
        // Where the token is is not known; the ownership sweep looks for it.
        let record = OwnershipRecord { wallet: wallet.to_bytes(), mint: mint.to_bytes(), token_account: [0; 32] };
        Ok(EnrolmentLine {
            line,
            token,
            track,
            wallet_hash: WalletHash::new(&self.pepper, wallet.as_bytes()),
            leaf: hash_leaf(commitment(&row.commitment)?, token, track),
            id,
            ownership_record: self.sealer.seal(self.registry, id.as_bytes(), &record),
        })
    }
}

/// Imports lines of `mint`, `wallet` (base58), `track` (short name) and `commitment` (`0x` and 64 hexadecimal digits). Lines
/// that are enrolled exactly so change nothing.
pub async fn import_enrolments(store: &Store, options: &EnrolmentImportOptions) -> anyhow::Result<Outcome> {
    let master_key = options.master_key()?;
    let import_options = &options.import;
    let registry = find_registry(store, &import_options.slug).await?.id;
    let reader = Reader {
        registry,
        tracks: tracks(store, registry).await?,
        pepper: Pepper::derive(&master_key),
        sealer: OwnershipSealer::derive(&master_key),
    };
    let names = &["mint", "track", "wallet", "commitment"];
    let (mut lines, bar) = source::open::<EnrolmentRow>(&import_options.file, import_options.format, names)?;
    let mut import = store.begin_import(registry).await?;
    let mut outcome = Outcome::default();
    loop {
        let batch = lines.by_ref().take(BATCH).collect::<anyhow::Result<Vec<_>>>()?;
        if batch.is_empty() {
            break;
        }
        outcome.lines += batch.len() as u64;
        // A hash of the protocol for each line: on all cores.
        let read: Vec<(u64, Result<EnrolmentLine, String>)> = batch
            .into_par_iter()
            .map(|(number, row)| (number, row.and_then(|row| reader.read(number, &row))))
            .collect();
        let mut good = Vec::with_capacity(read.len());
        for (number, line) in read {
            match line {
                Ok(line) => good.push(line),
                Err(reason) => outcome.tell_bad(&bar, number, reason),
            }
        }
        import.add_enrolments(&good).await?;
    }
    let compared = import.compare(|line, problem| outcome.tell_bad(&bar, line, problem)).await?;
    (outcome.added, outcome.unchanged) = compared;
    bar.finish_and_clear();
    if outcome.may_write(import_options.dry_run, import_options.skip_bad) {
        import.commit_enrolments().await?;
        outcome.written = true;
    }
    Ok(outcome)
}
