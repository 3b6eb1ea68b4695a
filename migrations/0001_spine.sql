-- The tables of the first proof: registries and their tracks, the tree's leaves and its roots, proof jobs, nullifiers and
-- verifications, and the outbox of what the chain must be told. A row that the protocol cannot produce is refused here.

-- An element of the BN254 scalar field, canonical: 32 bytes, big-endian, below the modulus.
CREATE DOMAIN field_element AS bytea
    CHECK (octet_length(VALUE) = 32
       AND VALUE < '\x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001'::bytea);

-- A registry: one tree of enrolled tokens, checked by one program on one cluster.
CREATE TABLE registries (
    id                     field_element PRIMARY KEY,
    slug                   text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    program_id             text        NOT NULL CHECK (program_id ~ '^[1-9A-HJ-NP-Za-km-z]{32,44}$'),
    cluster                text        NOT NULL CHECK (cluster IN ('mainnet-beta', 'testnet', 'devnet', 'localnet')),
    epoch_length_seconds   bigint      NOT NULL CHECK (epoch_length_seconds > 0),
    -- For how long after its end an epoch is still accepted.
    epoch_grace_seconds    bigint      NOT NULL CHECK (epoch_grace_seconds >= 0 AND epoch_grace_seconds < epoch_length_seconds),
    root_lifetime_seconds  bigint      NOT NULL CHECK (root_lifetime_seconds > 0),
    -- Counters, moved under a lock of this row only: places used in the tree, changes made to it, roots published.
    leaf_count             bigint      NOT NULL DEFAULT 0 CHECK (leaf_count BETWEEN 0 AND 4294967296),
    change_seq             bigint      NOT NULL DEFAULT 0 CHECK (change_seq >= leaf_count),
    root_seq               bigint      NOT NULL DEFAULT 0 CHECK (root_seq >= 0),
    -- A revocation raises this: proofs under an older root stop working.
    min_root_seq           bigint      NOT NULL DEFAULT 0 CHECK (min_root_seq BETWEEN 0 AND root_seq),
    created_at             timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tracks (
    registry_id  field_element NOT NULL REFERENCES registries (id),
    id           field_element NOT NULL,
    slug         text          NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    created_at   timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (registry_id, id),
    UNIQUE (registry_id, slug)
);

-- One place of a tree: who enrolled which token for which track. The wallet only as an HMAC under a pepper.
CREATE TABLE merkle_leaves (
    registry_id  field_element NOT NULL,
    leaf_index   bigint        NOT NULL CHECK (leaf_index BETWEEN 0 AND 4294967295),
    wallet_hash  bytea         NOT NULL CHECK (octet_length(wallet_hash) = 32),
    token_id     field_element NOT NULL,
    track_id     field_element NOT NULL,
    -- H(LEAF, C, token_id, track_id); what the tree held before a revocation zeroed it.
    leaf_hash    field_element NOT NULL CHECK (leaf_hash <> decode(repeat('00', 32), 'hex')),
    enrolled_at  timestamptz   NOT NULL DEFAULT now(),
    revoked_at   timestamptz   CHECK (revoked_at >= enrolled_at),
    PRIMARY KEY (registry_id, leaf_index),
    FOREIGN KEY (registry_id, track_id) REFERENCES tracks (registry_id, id)
);
CREATE UNIQUE INDEX merkle_leaves_one_per_token_and_track
    ON merkle_leaves (registry_id, token_id, track_id) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX merkle_leaves_one_per_hash
    ON merkle_leaves (registry_id, leaf_hash) WHERE revoked_at IS NULL;

-- Every change of a tree, in order, without gaps: what a prover follows. A zero hash empties the place.
CREATE TABLE leaf_changes (
    registry_id  field_element NOT NULL,
    seq          bigint        NOT NULL CHECK (seq > 0),
    leaf_index   bigint        NOT NULL,
    leaf_hash    field_element NOT NULL,
    PRIMARY KEY (registry_id, seq),
    FOREIGN KEY (registry_id, leaf_index) REFERENCES merkle_leaves (registry_id, leaf_index)
);
CREATE INDEX leaf_changes_revocations
    ON leaf_changes (registry_id, seq) WHERE leaf_hash = decode(repeat('00', 32), 'hex');

-- A published root: the tree after all changes up to change_seq.
CREATE TABLE roots (
    registry_id  field_element NOT NULL REFERENCES registries (id),
    seq          bigint        NOT NULL CHECK (seq > 0),
    root         field_element NOT NULL CHECK (root <> decode(repeat('00', 32), 'hex')),
    change_seq   bigint        NOT NULL,
    leaf_count   bigint        NOT NULL CHECK (leaf_count BETWEEN 1 AND 4294967296),
    created_at   timestamptz   NOT NULL DEFAULT now(),
    expires_at   timestamptz   NOT NULL CHECK (expires_at > created_at),
    PRIMARY KEY (registry_id, seq),
    FOREIGN KEY (registry_id, change_seq) REFERENCES leaf_changes (registry_id, seq)
);
CREATE INDEX roots_by_value ON roots (registry_id, root, seq DESC);

-- Public keys that clients may seal witnesses to. A prover announces its own and refreshes it while it lives.
CREATE TABLE prover_keys (
    id            bytea       PRIMARY KEY CHECK (octet_length(id) = 16),
    public_key    bytea       NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    announced_at  timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL CHECK (expires_at > announced_at)
);

CREATE TYPE proof_job_state AS ENUM ('queued', 'leased', 'done', 'failed');

-- A proof to be made. The witness is here only sealed to a prover's key, and only until the job ends.
CREATE TABLE proof_jobs (
    id                uuid            PRIMARY KEY,
    registry_id       field_element   NOT NULL,
    track_id          field_element   NOT NULL,
    epoch             numeric(20)     NOT NULL CHECK (epoch BETWEEN 0 AND 18446744073709551615),
    nullifier         field_element   NOT NULL,
    context           field_element   NOT NULL,
    prover_key_id     bytea           NOT NULL REFERENCES prover_keys (id),
    sealed_witness    bytea           CHECK (octet_length(sealed_witness) = 117),
    state             proof_job_state NOT NULL DEFAULT 'queued',
    attempts          integer         NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- The fence: whoever does not hold this id cannot end the job.
    lease_id          uuid,
    leased_by         text,
    lease_expires_at  timestamptz,
    created_at        timestamptz     NOT NULL DEFAULT now(),
    finished_at       timestamptz,
    root_seq          bigint,
    proof             bytea           CHECK (octet_length(proof) = 7232),
    failure           text            CHECK (failure ~ '^[a-z_]{1,64}$'),
    FOREIGN KEY (registry_id, track_id) REFERENCES tracks (registry_id, id),
    FOREIGN KEY (registry_id, root_seq) REFERENCES roots (registry_id, seq),
    CHECK ((state = 'leased') = (lease_id IS NOT NULL)),
    CHECK ((lease_id IS NULL) = (lease_expires_at IS NULL) AND (lease_id IS NULL) = (leased_by IS NULL)),
    CHECK ((state IN ('queued', 'leased')) = (sealed_witness IS NOT NULL)),
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'done') = (proof IS NOT NULL) AND (state = 'done') = (root_seq IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
-- The queue is read through these two, whose size is that of the open jobs, whatever the history.
CREATE INDEX proof_jobs_queued ON proof_jobs (prover_key_id, created_at) WHERE state = 'queued';
CREATE INDEX proof_jobs_leased ON proof_jobs (lease_expires_at) WHERE state = 'leased';

CREATE TABLE nullifiers (
    hash          field_element PRIMARY KEY,
    registry_id   field_element NOT NULL,
    track_id      field_element NOT NULL,
    epoch         numeric(20)   NOT NULL CHECK (epoch BETWEEN 0 AND 18446744073709551615),
    used_at       timestamptz   NOT NULL DEFAULT now(),
    tx_signature  text          UNIQUE CHECK (tx_signature ~ '^[1-9A-HJ-NP-Za-km-z]{64,88}$'),
    FOREIGN KEY (registry_id, track_id) REFERENCES tracks (registry_id, id)
);

-- An accepted proof. There is no wallet, no token and no leaf here, and nothing to join one by.
CREATE TABLE verifications (
    id           uuid          PRIMARY KEY,
    registry_id  field_element NOT NULL,
    track_id     field_element NOT NULL,
    root_seq     bigint        NOT NULL,
    nullifier    field_element NOT NULL UNIQUE REFERENCES nullifiers (hash),
    context      field_element NOT NULL,
    verified_at  timestamptz   NOT NULL DEFAULT now(),
    FOREIGN KEY (registry_id, track_id) REFERENCES tracks (registry_id, id),
    FOREIGN KEY (registry_id, root_seq) REFERENCES roots (registry_id, seq)
);

CREATE TYPE chain_intent AS ENUM ('publish_root', 'settle_verification');
CREATE TYPE chain_state AS ENUM ('pending', 'sent', 'confirmed', 'failed');

-- What the chain must be told, written in the transaction that decides it, so that neither can be lost alone. One row
-- for one intent: a root or a verification.
CREATE TABLE chain_outbox (
    id               bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    intent           chain_intent  NOT NULL,
    registry_id      field_element NOT NULL REFERENCES registries (id),
    root_seq         bigint,
    verification_id  uuid          UNIQUE REFERENCES verifications (id),
    state            chain_state   NOT NULL DEFAULT 'pending',
    attempts         integer       NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    tx_signature     text          CHECK (tx_signature ~ '^[1-9A-HJ-NP-Za-km-z]{64,88}$'),
    last_error       text          CHECK (length(last_error) <= 1000),
    created_at       timestamptz   NOT NULL DEFAULT now(),
    updated_at       timestamptz   NOT NULL DEFAULT now(),
    UNIQUE (registry_id, root_seq),
    FOREIGN KEY (registry_id, root_seq) REFERENCES roots (registry_id, seq),
    CHECK ((intent = 'publish_root') = (root_seq IS NOT NULL)),
    CHECK ((intent = 'settle_verification') = (verification_id IS NOT NULL)),
    CHECK (state NOT IN ('sent', 'confirmed') OR tx_signature IS NOT NULL),
    CHECK (state <> 'failed' OR last_error IS NOT NULL)
);
CREATE INDEX chain_outbox_open ON chain_outbox (id) WHERE state IN ('pending', 'sent');
