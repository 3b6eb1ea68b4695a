-- Where the chain decides: roots that count only once it has them, and verifications that it refused or overruled.

ALTER TABLE registries
    -- Its roots are published on chain, and count once the indexer has seen them there.
    ADD COLUMN anchored boolean NOT NULL DEFAULT false,
    -- The chain may revoke what this database has not published.
    DROP CONSTRAINT registries_check2,
    ADD CONSTRAINT registries_min_root_seq CHECK (min_root_seq >= 0 AND (anchored OR min_root_seq <= root_seq));

-- The slot in which the chain took the root, while no fork took it back. NULL: not there, or not known to be.
ALTER TABLE roots ADD COLUMN chain_slot bigint CHECK (chain_slot >= 0);

-- How long a change has waited for a root.
ALTER TABLE leaf_changes ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now();

ALTER TABLE verifications
    -- The chain refused it for good. Its nullifier is free again, unless the chain says that it was spent.
    ADD COLUMN refused_at timestamptz,
    -- The transaction that spent its nullifier for another session, before or instead of it. The chain decides.
    ADD COLUMN overruled_by solana_signature,
    DROP CONSTRAINT verifications_nullifier_fkey,
    DROP CONSTRAINT verifications_nullifier_key,
    ADD COLUMN epoch unsigned64;
UPDATE verifications v SET epoch = n.epoch FROM nullifiers n WHERE n.hash = v.nullifier;
ALTER TABLE verifications ALTER COLUMN epoch SET NOT NULL;
ALTER TABLE verifications ADD COLUMN spent_nullifier field_element
    GENERATED ALWAYS AS (CASE WHEN refused_at IS NULL THEN nullifier END) STORED UNIQUE REFERENCES nullifiers (hash);
CREATE INDEX verifications_by_nullifier ON verifications (nullifier);
CREATE INDEX verifications_overruled ON verifications (overruled_by) WHERE overruled_by IS NOT NULL;

-- What each prover's tree hashes to, as it said itself: for audits.
CREATE TABLE prover_trees (
    prover       text          NOT NULL CHECK (length(prover) BETWEEN 1 AND 256),
    registry_id  field_element NOT NULL REFERENCES registries (id),
    root_seq     bigint        NOT NULL,
    root         field_element NOT NULL,
    change_seq   bigint        NOT NULL CHECK (change_seq >= 0),
    reported_at  timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (prover, registry_id)
);
CREATE INDEX prover_trees_by_registry ON prover_trees (registry_id, reported_at);
