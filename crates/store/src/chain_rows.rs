//! Events as rows of `chain_events`.

use sqlx::{PgConnection, Postgres, QueryBuilder, query_builder::Separated};

use crate::{ChainEvent, ChainEventContent, convert::bigint};

const INSERT: &str = "INSERT INTO chain_events (signature, event_index, slot, block_time, kind, program_id,
    registry_address, registry_id, finalized, event_slot, authority, publisher, epoch_length_seconds,
    epoch_grace_seconds, root_lifetime_seconds, root, root_sequence, min_root_sequence, expires_at_unix, track_id,
    epoch, nullifier, context) ";
const ON_CONFLICT: &str = " ON CONFLICT (signature, event_index) DO UPDATE SET (slot, block_time, kind, program_id,
    registry_address, registry_id, finalized, event_slot, authority, publisher, epoch_length_seconds,
    epoch_grace_seconds, root_lifetime_seconds, root, root_sequence, min_root_sequence, expires_at_unix, track_id,
    epoch, nullifier, context) = (excluded.slot, excluded.block_time, excluded.kind, excluded.program_id,
    excluded.registry_address, excluded.registry_id, excluded.finalized, excluded.event_slot, excluded.authority,
    excluded.publisher, excluded.epoch_length_seconds, excluded.epoch_grace_seconds, excluded.root_lifetime_seconds,
    excluded.root, excluded.root_sequence, excluded.min_root_sequence, excluded.expires_at_unix, excluded.track_id,
    excluded.epoch, excluded.nullifier, excluded.context)
    WHERE excluded.finalized OR NOT chain_events.finalized";

/// The columns that a kind of event has or has not.
#[derive(Default)]
struct Columns<'a> {
    addresses: Option<(&'a str, &'a str)>,
    seconds: Option<[u64; 3]>,
    root: Option<[u8; 32]>,
    root_sequence: Option<u64>,
    min_root_sequence: Option<u64>,
    expires_at: Option<i64>,
    /// Track, nullifier, context.
    proof: Option<[[u8; 32]; 3]>,
    epoch: Option<u64>,
}

impl<'a> Columns<'a> {
    fn of(content: &'a ChainEventContent) -> Self {
        use ChainEventContent as C;
        match content {
            C::RegistryInitialized {
                authority,
                publisher,
                epoch_length_seconds,
                epoch_grace_seconds,
                root_lifetime_seconds,
            } => Self {
                addresses: Some((authority, publisher)),
                seconds: Some([*epoch_length_seconds, *epoch_grace_seconds, *root_lifetime_seconds]),
                ..Self::default()
            },
            C::MerkleRootUpdated { root, sequence, min_root_sequence, expires_at } => Self {
                root: Some(root.to_be_bytes()),
                root_sequence: Some(*sequence),
                min_root_sequence: Some(*min_root_sequence),
                expires_at: Some(*expires_at),
                ..Self::default()
            },
            C::RootsRevoked { min_root_sequence } => {
                Self { min_root_sequence: Some(*min_root_sequence), ..Self::default() }
            }
            C::OwnershipVerified { track_id, epoch, nullifier, context, root_sequence } => Self {
                proof: Some([track_id.to_be_bytes(), nullifier.to_be_bytes(), context.to_be_bytes()]),
                epoch: Some(epoch.0),
                root_sequence: Some(*root_sequence),
                ..Self::default()
            },
        }
    }
}

/// Writes events. Those that are there already become what is given, unless they are final and it is not: then an indexer was
/// slow to write what it read before.
pub(crate) async fn insert(tx: &mut PgConnection, program: &str, events: &[ChainEvent]) -> Result<(), sqlx::Error> {
    let mut statement = QueryBuilder::<Postgres>::new(INSERT);
    statement.push_values(events, |mut row, event| {
        let columns = Columns::of(&event.content);
        row.push_bind(&event.signature).push_bind(i32::try_from(event.event_index).unwrap_or(i32::MAX));
        row.push_bind(bigint(event.slot)).push("to_timestamp(").push_bind_unseparated(event.block_time);
        row.push_unseparated("::float8)").push_bind(event.content.kind()).push_unseparated("::chain_event_kind");
        row.push_bind(program.to_owned()).push_bind(&event.registry_address);
        row.push_bind(event.registry_id.to_be_bytes()).push_bind(event.finalized);
        number(&mut row, event.event_slot);
        row.push_bind(columns.addresses.map(|(authority, _)| authority));
        row.push_bind(columns.addresses.map(|(_, publisher)| publisher));
        for seconds in columns.seconds.map_or([None; 3], |seconds| seconds.map(Some)) {
            number(&mut row, seconds);
        }
        row.push_bind(columns.root);
        number(&mut row, columns.root_sequence);
        number(&mut row, columns.min_root_sequence);
        row.push_bind(columns.expires_at).push_bind(columns.proof.map(|[track, ..]| track));
        number(&mut row, columns.epoch);
        row.push_bind(columns.proof.map(|[_, nullifier, _]| nullifier));
        row.push_bind(columns.proof.map(|[.., context]| context));
    });
    statement.push(ON_CONFLICT).build().execute(tx).await?;
    Ok(())
}

/// A u64 as the `numeric` that the database holds it in.
fn number(row: &mut Separated<'_, '_, Postgres, &'static str>, value: Option<u64>) {
    row.push_bind(value.map(|value| value.to_string())).push_unseparated("::numeric");
}
