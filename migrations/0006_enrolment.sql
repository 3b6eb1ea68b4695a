-- Enrolment by a listener: which tokens unlock a track, who may look again whether a token has moved, and what became of it.

-- Tokens that unlock a track. Without a row nobody enrols a token: anybody can make a mint.
CREATE TABLE track_assets (
    registry_id  field_element NOT NULL,
    track_id     field_element NOT NULL,
    token_id     field_element NOT NULL,
    added_at     timestamptz   NOT NULL DEFAULT now(),
    PRIMARY KEY (registry_id, track_id, token_id),
    FOREIGN KEY (registry_id, track_id) REFERENCES tracks (registry_id, id)
);

-- Why a leaf was revoked: another wallet has the token, the same wallet enrolled it again, or an operator did it.
CREATE TYPE enrollment_end AS ENUM ('sold', 'replaced', 'operator');

-- An enrolment under the name that its listener has of it, which is random: whoever does not have it learns nothing.
CREATE TABLE enrollments (
    id                uuid          PRIMARY KEY,
    registry_id       field_element NOT NULL,
    leaf_index        bigint        NOT NULL,
    -- The change that put the leaf into the tree: a root from this change on includes it.
    change_seq        bigint        NOT NULL CHECK (change_seq > 0),
    -- Wallet, mint and token account, sealed under a key that the database does not hold; gone with the leaf.
    ownership_record  bytea         CHECK (octet_length(ownership_record) = 125),
    -- The finalized slot at which the wallet was last seen to hold the token. NULL: imported, and not looked at since.
    slot              bigint        CHECK (slot >= 0),
    checked_at        timestamptz   NOT NULL DEFAULT now(),
    created_at        timestamptz   NOT NULL DEFAULT now(),
    revoked_reason    enrollment_end,
    UNIQUE (registry_id, leaf_index),
    FOREIGN KEY (registry_id, leaf_index) REFERENCES merkle_leaves (registry_id, leaf_index),
    FOREIGN KEY (registry_id, change_seq) REFERENCES leaf_changes (registry_id, seq),
    CHECK ((revoked_reason IS NULL) = (ownership_record IS NOT NULL))
);
-- What the ownership sweep reads: the enrolments that count, those first that nobody looked at for longest.
CREATE INDEX enrollments_to_check ON enrollments (checked_at) WHERE revoked_reason IS NULL;
