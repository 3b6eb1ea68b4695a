-- The leaves of a registry for download, as of any published root; tokens of proof jobs, with which a proof is fetched once; and
-- prover keys that retire.

-- What a place held at a version is its last change until then: a page of places is a range of this index, and nothing else is
-- read.
CREATE INDEX leaf_changes_by_place ON leaf_changes (registry_id, leaf_index, seq DESC) INCLUDE (leaf_hash);
-- The first root of a version.
CREATE INDEX roots_by_change ON roots (registry_id, change_seq, seq);
-- How many hold a track, for the size of the anonymity set.
CREATE INDEX merkle_leaves_holders ON merkle_leaves (registry_id, track_id, leaf_index) WHERE revoked_at IS NULL;

-- Who may ask about a job and fetch its proof: whoever has the token that a request was answered with. Stays until the archive
-- forgets the job, which has no foreign key from here because it changes its table.
CREATE TABLE proof_job_claims (
    -- SHA-256 of the token, which is 32 random bytes.
    token_hash  bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    job_id      uuid        NOT NULL,
    claimed_at  timestamptz NOT NULL DEFAULT now(),
    fetched_at  timestamptz CHECK (fetched_at >= claimed_at)
);
CREATE INDEX proof_job_claims_by_job ON proof_job_claims (job_id);

ALTER TABLE proof_jobs
    -- Claims whose proof was fetched. When these are all, the proof is removed.
    ADD COLUMN fetches     integer     NOT NULL DEFAULT 0 CHECK (fetches >= 0),
    ADD COLUMN emptied_at  timestamptz,
    DROP CONSTRAINT proof_jobs_check4,
    ADD CONSTRAINT proof_jobs_proof CHECK ((state = 'done' AND emptied_at IS NULL) = (proof IS NOT NULL)
                                       AND (state = 'done') = (root_seq IS NOT NULL)
                                       AND (emptied_at IS NULL OR state = 'done'));
-- The same request again is the same job, unless that failed or its proof was fetched by all who asked for it.
DROP INDEX proof_jobs_by_request;
CREATE UNIQUE INDEX proof_jobs_by_request ON proof_jobs (request_hash) WHERE state <> 'failed' AND emptied_at IS NULL;

ALTER TABLE prover_keys
    -- A newer key has taken its place. Clients may seal to it until then, and its provers prove until then.
    ADD COLUMN retires_at timestamptz;
