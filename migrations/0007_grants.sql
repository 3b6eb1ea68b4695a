-- Session grants: the keys that sign them, and which of them still count.

-- A key pair that signs grants from signs_from until the next one's. Both replicas and verifiers know it before that.
CREATE TABLE grant_keys (
    -- RFC 7638 thumbprint of the public key as a JWK: SHA-256, base64url.
    kid          text        PRIMARY KEY CHECK (kid ~ '^[A-Za-z0-9_-]{43}$'),
    public_key   bytea       NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    -- Nonce, private key and tag of ChaCha20-Poly1305 under a key derived from the master key, which is not here. NULL: it
    -- signs no more.
    sealed_key   bytea       CHECK (octet_length(sealed_key) = 60),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    signs_from   timestamptz NOT NULL UNIQUE CHECK (signs_from >= created_at)
);

-- A grant that was issued, until it expires. The token itself is not here, and nothing of the session that it is for.
CREATE TABLE session_grants (
    jti              uuid        PRIMARY KEY,
    verification_id  uuid        NOT NULL REFERENCES verifications (id) ON DELETE CASCADE,
    kid              text        NOT NULL,
    expires_at       timestamptz NOT NULL,
    revoked_at       timestamptz
);
CREATE INDEX session_grants_by_expiry ON session_grants (expires_at);
CREATE INDEX session_grants_by_key ON session_grants (kid, expires_at);
CREATE INDEX session_grants_by_verification ON session_grants (verification_id);

-- An operator ended the session: its grants do not count, and there are no new ones.
ALTER TABLE verifications ADD COLUMN grants_revoked_at timestamptz;
