-- What the program said on chain, as the indexer read it: one row for one event, confirmed first, final later.

-- A u64 of the chain: anybody may make a registry, with any numbers in it.
CREATE DOMAIN unsigned64 AS numeric(20)
    CHECK (VALUE BETWEEN 0 AND 18446744073709551615);
-- An address of Solana, base58.
CREATE DOMAIN solana_address AS text
    CHECK (VALUE ~ '^[1-9A-HJ-NP-Za-km-z]{32,44}$');
-- A transaction's signature, base58.
CREATE DOMAIN solana_signature AS text
    CHECK (VALUE ~ '^[1-9A-HJ-NP-Za-km-z]{64,88}$');

CREATE TYPE chain_event_kind AS ENUM ('registry_initialized', 'merkle_root_updated', 'roots_revoked', 'ownership_verified');

-- No reference to registries: the program serves registries that this database does not know.
CREATE TABLE chain_events (
    signature              solana_signature NOT NULL,
    -- The event's place among those of its transaction: 0, 1, 2...
    event_index            integer          NOT NULL CHECK (event_index >= 0),
    slot                   bigint           NOT NULL CHECK (slot >= 0),
    block_time             timestamptz,
    kind                   chain_event_kind NOT NULL,
    program_id             solana_address   NOT NULL,
    registry_address       solana_address   NOT NULL,
    registry_id            field_element    NOT NULL,
    -- No fork can take it back.
    finalized              boolean          NOT NULL,
    -- The slot that the event itself names.
    event_slot             unsigned64,
    authority              solana_address,
    publisher              solana_address,
    epoch_length_seconds   unsigned64,
    epoch_grace_seconds    unsigned64,
    root_lifetime_seconds  unsigned64,
    root                   field_element,
    root_sequence          unsigned64,
    min_root_sequence      unsigned64,
    expires_at_unix        bigint,
    track_id               field_element,
    epoch                  unsigned64,
    nullifier              field_element,
    context                field_element,
    PRIMARY KEY (signature, event_index),
    CHECK ((kind = 'registry_initialized') = (authority IS NOT NULL)
       AND (authority IS NULL) = (publisher IS NULL)
       AND (authority IS NULL) = (epoch_length_seconds IS NULL)
       AND (authority IS NULL) = (epoch_grace_seconds IS NULL)
       AND (authority IS NULL) = (root_lifetime_seconds IS NULL)),
    CHECK ((kind = 'registry_initialized') = (event_slot IS NULL)),
    CHECK ((kind = 'merkle_root_updated') = (root IS NOT NULL) AND (root IS NULL) = (expires_at_unix IS NULL)),
    CHECK ((kind IN ('merkle_root_updated', 'ownership_verified')) = (root_sequence IS NOT NULL)),
    CHECK ((kind IN ('merkle_root_updated', 'roots_revoked')) = (min_root_sequence IS NOT NULL)),
    CHECK ((kind = 'ownership_verified') = (nullifier IS NOT NULL)
       AND (nullifier IS NULL) = (track_id IS NULL)
       AND (nullifier IS NULL) = (epoch IS NULL)
       AND (nullifier IS NULL) = (context IS NULL))
);
CREATE INDEX chain_events_by_slot ON chain_events (slot, signature, event_index);
CREATE INDEX chain_events_of_registry ON chain_events (registry_id, kind, slot);
CREATE INDEX chain_events_by_nullifier ON chain_events (nullifier) WHERE nullifier IS NOT NULL;
-- What may still be taken back: as many rows as half a minute of events.
CREATE INDEX chain_events_not_final ON chain_events (signature) WHERE NOT finalized;

-- How far a program was followed.
CREATE TABLE chain_cursors (
    program_id    solana_address PRIMARY KEY,
    -- The newest final transaction that was read, and its slot: where to go on. NULL before the first.
    signature     solana_signature,
    slot          bigint         CHECK (slot >= 0),
    -- All events up to this slot are rows, as of a chain whose newest confirmed slot was chain_slot.
    indexed_slot  bigint         NOT NULL DEFAULT 0 CHECK (indexed_slot >= 0),
    chain_slot    bigint         NOT NULL DEFAULT 0 CHECK (chain_slot >= 0),
    updated_at    timestamptz    NOT NULL DEFAULT now(),
    CHECK ((signature IS NULL) = (slot IS NULL))
);

-- Transactions that succeeded but could not be read: of a version, or with an event, that the build did not know. After an
-- update, `veilpass-indexer --from-slot` reads them again.
CREATE TABLE chain_skipped (
    signature   solana_signature PRIMARY KEY,
    program_id  solana_address   NOT NULL,
    slot        bigint           NOT NULL CHECK (slot >= 0),
    reason      text             NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    skipped_at  timestamptz      NOT NULL DEFAULT now()
);

-- One transaction may verify several proofs.
ALTER TABLE nullifiers DROP CONSTRAINT nullifiers_tx_signature_key;
CREATE INDEX nullifiers_by_transaction ON nullifiers (tx_signature) WHERE tx_signature IS NOT NULL;
