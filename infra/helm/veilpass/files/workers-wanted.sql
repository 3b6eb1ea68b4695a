-- How many bb workers the load needs: those that the jobs of the last minute kept busy, with a third to spare, and those that
-- would prove what waits now within two seconds. The mean time of a proof is what live provers tell; 150 ms if there is none.
SELECT (
    COALESCE((SELECT avg(mean_proof_ms) FROM provers WHERE expires_at > now()), 150) / 1000.0
    * (
        (SELECT count(*) FROM proof_jobs
         WHERE state IN ('done', 'failed') AND finished_at > now() - interval '1 minute') / 60.0 * 1.33
        + (SELECT count(*) FROM proof_jobs WHERE state = 'queued') / 2.0
    )
)::float8
