-- Whom KEDA reads the queue as: nothing of a witness, a nullifier or a proof. Set a password and a limit of connections:
--   ALTER ROLE veilpass_scaler LOGIN CONNECTION LIMIT 5 PASSWORD '...'
CREATE ROLE veilpass_scaler NOLOGIN;
GRANT SELECT (state, finished_at) ON proof_jobs TO veilpass_scaler;
GRANT SELECT (mean_proof_ms, expires_at) ON provers TO veilpass_scaler;
