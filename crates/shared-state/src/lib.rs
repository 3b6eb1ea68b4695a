//! What replicas of the API share: limits, nonces, idempotency records, progress.
//!
//! With a Redis all replicas share it; without one a single replica keeps it in memory. Redis is a convenience, never the
//! truth: whoever can write to it can annoy, but not make a proof valid, spend or unspend a nullifier, or enrol anybody.
//!
//! **When Redis is away** every call fails at once (a connection is tried each second; nobody waits for it). What that means
//! is the caller's: rate limits are counted in this process ([`RateLimiter`]), whatever must happen once does not happen
//! ([`Unavailable`]), messages reach this process only.
//!
//! **Names.** A key is `veilpass:v1:<space>:<SHA-256 of the key>`. A hash does not hide what can be guessed: whoever puts an
//! address or a wallet into a key gives its HMAC.
//!
//! **Redis must not evict** (`maxmemory-policy noeviction`, its default): a spent nonce that it forgets could be spent
//! again. If it may, the alert `redis_evicts` says so.

mod address;
mod channels;
mod limiter;
mod link;
mod memory;
mod redis_store;
mod script;
mod shared;
mod subscriber;

pub use address::{ParseRedisUrlError, RedisUrl};
pub use channels::Subscription;
pub use limiter::{Decision, Quota, RateLimiter};
pub use shared::{Claim, RedisState, SharedState, Unavailable};

/// Says what the metrics mean, and shows the counters at zero.
pub fn describe_metrics() {
    use metrics::{counter, describe_counter, describe_gauge};
    describe_gauge!("veilpass_redis_up", "1 while Redis answers, 0 while it is away; absent without a Redis");
    describe_counter!("veilpass_redis_errors_total", "Commands that Redis did not answer as it should, by kind");
    describe_counter!("veilpass_rate_limited_total", "Requests refused by the rate limit, by where it was counted");
    describe_counter!(
        "veilpass_messages_dropped_total",
        "Messages between replicas that were not passed on, by reason"
    );
    for kind in ["command", "connection", "server", "timeout"] {
        counter!("veilpass_redis_errors_total", "kind" => kind).increment(0);
    }
    for counted in ["redis", "fallback", "memory"] {
        counter!("veilpass_rate_limited_total", "counted" => counted).increment(0);
    }
    for reason in ["slow subscriber", "redis away", "too long", "too many"] {
        counter!("veilpass_messages_dropped_total", "reason" => reason).increment(0);
    }
    veilpass_telemetry::describe_alerts(&["redis_away", "redis_evicts", "shared_memory_full"]);
}
