-- Many provers and many clients at one queue: turns that are fair between clients, one job for one request, why attempts
-- failed, who proves and how fast, and a history that no query of the queue has to pass.

ALTER TABLE proof_jobs
    -- The job's place among those of its client, in the queue's virtual time: start-time fair queueing.
    ADD COLUMN round         bigint      NOT NULL DEFAULT 0 CHECK (round >= 0),
    -- Nobody waits in a request for it: it lets up to eight rounds of others go first.
    ADD COLUMN patient       boolean     NOT NULL DEFAULT true,
    ADD COLUMN turn          bigint      GENERATED ALWAYS AS (round + CASE WHEN patient THEN 8 ELSE 0 END) STORED,
    -- SHA-256 of statement, prover key and envelope. NULL: from before this migration.
    ADD COLUMN request_hash  bytea       CHECK (octet_length(request_hash) = 32),
    -- Requests that were answered, or are to be answered, with this job, less those whose client went away first.
    ADD COLUMN claims        integer     NOT NULL DEFAULT 1 CHECK (claims >= 0),
    -- When the newest attempt began, and why the newest one that failed did.
    ADD COLUMN started_at    timestamptz,
    ADD COLUMN last_error    text        CHECK (last_error ~ '^[a-z_]{1,64}$');

-- The same request again is the same job, unless that failed.
CREATE UNIQUE INDEX proof_jobs_by_request ON proof_jobs (request_hash) WHERE state <> 'failed';
DROP INDEX proof_jobs_queued;
CREATE INDEX proof_jobs_queued ON proof_jobs (prover_key_id, turn, created_at) WHERE state = 'queued';
-- What is due to be archived, the oldest first; and what was given up.
CREATE INDEX proof_jobs_ended ON proof_jobs (finished_at) WHERE state IN ('done', 'failed');
CREATE INDEX proof_jobs_dead ON proof_jobs (finished_at) WHERE failure = 'attempts_exhausted';
-- Open jobs are rows that die young, in a table of rows that stay: their share of it says nothing.
ALTER TABLE proof_jobs SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
                            autovacuum_analyze_scale_factor = 0.02);

-- The queue's virtual time: the highest round of which a job was leased.
ALTER TABLE prover_keys ADD COLUMN round bigint NOT NULL DEFAULT 0 CHECK (round >= 0);
-- The first round that is free for a client. A client is one of 4096 buckets, by an HMAC of its address under a key that each
-- API draws anew when it starts: nobody can tell whose bucket it is, and a job does not name it.
CREATE TABLE queue_rounds (
    prover_key_id  bytea    NOT NULL REFERENCES prover_keys (id) ON DELETE CASCADE,
    client_bucket  smallint NOT NULL CHECK (client_bucket BETWEEN 0 AND 4095),
    next_round     bigint   NOT NULL CHECK (next_round > 0),
    PRIMARY KEY (prover_key_id, client_bucket)
);

-- Provers as they describe themselves, every few seconds: what an estimate of the wait is made of.
CREATE TABLE provers (
    name           text        PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 256),
    prover_key_id  bytea       NOT NULL CHECK (octet_length(prover_key_id) = 16),
    workers        integer     NOT NULL CHECK (workers BETWEEN 0 AND 65535),
    mean_proof_ms  integer     NOT NULL CHECK (mean_proof_ms > 0),
    seen_at        timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL CHECK (expires_at > seen_at)
);

-- Jobs that ended a while ago: without proof, nullifier and context, so that nothing leads from here to a verification.
CREATE TABLE proof_jobs_archive (
    id                 uuid            PRIMARY KEY,
    registry_id        field_element   NOT NULL,
    track_id           field_element   NOT NULL,
    state              proof_job_state NOT NULL CHECK (state IN ('done', 'failed')),
    failure            text            CHECK (failure ~ '^[a-z_]{1,64}$'),
    last_error         text            CHECK (last_error ~ '^[a-z_]{1,64}$'),
    attempts           integer         NOT NULL CHECK (attempts >= 0),
    created_at         timestamptz     NOT NULL,
    started_at         timestamptz,
    finished_at        timestamptz     NOT NULL,
    -- For how long proofs were kept when this one was removed.
    retention_seconds  bigint          NOT NULL CHECK (retention_seconds >= 0),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX proof_jobs_archive_by_end ON proof_jobs_archive (finished_at);
CREATE INDEX proof_jobs_archive_dead ON proof_jobs_archive (finished_at) WHERE failure = 'attempts_exhausted';

-- Whoever puts a job into the queue, or ends one, says so: by a trigger, so that no statement can forget it.
CREATE FUNCTION notify_job_queued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('veilpass_jobs_queued', '');
    RETURN NULL;
END $$;
CREATE FUNCTION notify_job_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('veilpass_jobs_ended', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER proof_jobs_say_queued AFTER INSERT OR UPDATE OF state ON proof_jobs
    FOR EACH ROW WHEN (NEW.state = 'queued') EXECUTE FUNCTION notify_job_queued();
CREATE TRIGGER proof_jobs_say_ended AFTER UPDATE OF state ON proof_jobs
    FOR EACH ROW WHEN (NEW.state IN ('done', 'failed')) EXECUTE FUNCTION notify_job_ended();
