-- What each service last said of itself, as Prometheus would have read it: for the operators' page, which reads all of it from
-- one place. Unlogged: it is news of the last minute, and not worth the write-ahead log; after a crash of the server it is empty.
CREATE UNLOGGED TABLE service_reports (
    service      text        NOT NULL CHECK (service IN ('api', 'prover', 'indexer', 'relayer')),
    -- Tells its processes apart.
    instance     text        NOT NULL CHECK (length(instance) BETWEEN 1 AND 256),
    reported_at  timestamptz NOT NULL DEFAULT now(),
    -- Prometheus' text format, whole or not at all.
    metrics      text        NOT NULL CHECK (octet_length(metrics) <= 1048576),
    PRIMARY KEY (service, instance)
);
