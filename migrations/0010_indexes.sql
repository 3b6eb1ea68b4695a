-- No statement looks by these: a verification goes by its id or by `spent_nullifier`, a nullifier by its hash.
DROP INDEX verifications_by_nullifier;
DROP INDEX nullifiers_by_transaction;

-- Roots before settlements, then whoever waits for longest: the order in which intents are leased.
DROP INDEX chain_outbox_open;
CREATE INDEX chain_outbox_open ON chain_outbox ((root_seq IS NULL), not_before, id)
    WHERE state IN ('pending', 'sent', 'confirmed');
