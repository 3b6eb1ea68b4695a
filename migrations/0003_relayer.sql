-- What the relayer needs: the proofs that are still to be settled, one relayer at a time for each intent, and every
-- transaction before it is sent, so that a crash after sending is seen.

-- Whatever no fork can undo any more.
ALTER TYPE chain_state ADD VALUE 'final' AFTER 'confirmed';

ALTER TABLE chain_outbox
    -- The fence: whoever does not hold this id can neither send for the intent nor end it.
    ADD COLUMN lease_id          uuid,
    ADD COLUMN leased_by         text,
    ADD COLUMN lease_expires_at  timestamptz,
    -- Not looked at before.
    ADD COLUMN not_before        timestamptz NOT NULL DEFAULT now(),
    -- The program's error, for an intent that it refused.
    ADD COLUMN error_code        integer CHECK (error_code >= 0),
    -- Names the intent's proof buffer. Random: to an address that can be guessed anybody can send money, and then no account
    -- can be made there. Kept: whoever takes over goes on with the upload.
    ADD COLUMN buffer_seed       uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD CHECK ((lease_id IS NULL) = (lease_expires_at IS NULL) AND (lease_id IS NULL) = (leased_by IS NULL)),
    -- What another publisher did for us is confirmed without a signature of ours.
    DROP CONSTRAINT chain_outbox_check2,
    ADD CHECK (state <> 'sent' OR tx_signature IS NOT NULL);

DROP INDEX chain_outbox_open;
CREATE INDEX chain_outbox_open ON chain_outbox (not_before, id) WHERE state IN ('pending', 'sent', 'confirmed');

-- The proof of a verification, until it is settled or refused. Its public inputs are in the verification's own rows.
CREATE TABLE settlement_proofs (
    verification_id  uuid  PRIMARY KEY REFERENCES verifications (id),
    proof            bytea NOT NULL CHECK (octet_length(proof) = 7232)
);

CREATE TYPE chain_step AS ENUM
    ('publish_root', 'open_buffer', 'write_buffer', 'verify', 'close_buffer', 'close_nullifiers');
CREATE TYPE chain_outcome AS ENUM ('landed', 'refused', 'expired');

-- A signed transaction, recorded before it is sent. While it may land nothing else is done for its intent.
CREATE TABLE chain_attempts (
    tx_signature             text        PRIMARY KEY CHECK (tx_signature ~ '^[1-9A-HJ-NP-Za-km-z]{64,88}$'),
    -- None: housekeeping.
    outbox_id                bigint      REFERENCES chain_outbox (id),
    step                     chain_step  NOT NULL,
    -- To be sent again as it is, by whoever takes over.
    signed                   bytea       CHECK (octet_length(signed) <= 4096),
    last_valid_block_height  bigint      NOT NULL CHECK (last_valid_block_height >= 0),
    -- The most that it takes for good: its fees, and the rent of a receipt.
    lamports                 bigint      NOT NULL CHECK (lamports >= 0),
    outcome                  chain_outcome,
    slot                     bigint,
    created_at               timestamptz NOT NULL DEFAULT now(),
    ended_at                 timestamptz,
    CHECK ((outcome IS NULL) = (ended_at IS NULL) AND (outcome IS NULL) = (signed IS NOT NULL)),
    CHECK (outcome IS NULL OR outcome = 'expired' OR slot IS NOT NULL)
);
CREATE INDEX chain_attempts_open ON chain_attempts (outbox_id) WHERE outcome IS NULL;
CREATE INDEX chain_attempts_by_intent ON chain_attempts (outbox_id, step);
CREATE INDEX chain_attempts_by_time ON chain_attempts (created_at);
