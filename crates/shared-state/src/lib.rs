//! What replicas of the API share: limits, nonces, idempotency records, progress, caches.
