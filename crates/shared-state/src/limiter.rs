//! So many requests of a client in a time: counted for all replicas in Redis, in this process without it.

use std::{
    num::{NonZeroU32, NonZeroU64},
    sync::Arc,
    time::Duration,
};

use governor::{
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::{future::Cache, policy::EvictionPolicy};

use crate::{Unavailable, memory::Name, redis_store::key, script, shared::SharedState};

/// Most clients that one process counts; the one seen longest ago is forgotten first, and begins anew. About 6 MB.
const CLIENTS: u64 = 16_384;

type LocalLimiter = governor::RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What a client may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Requests a minute, on average.
    pub per_minute: NonZeroU32,
    /// Requests at once after a pause.
    pub burst: NonZeroU32,
}

impl Quota {
    /// After how long another request is allowed.
    fn cost(&self) -> Duration {
        Duration::from_secs(60) / self.per_minute.get()
    }

    /// The time in which as many requests as `burst` become allowed.
    pub fn window(&self) -> Duration {
        self.cost() * self.burst.get()
    }
}

/// Whether a request is within a client's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// It is.
    pub allowed: bool,
    /// Requests that would be allowed now, after this one.
    pub remaining: u32,
    /// Until all of the quota is there again.
    pub reset: Duration,
    /// Until the next request is allowed; zero if it is now.
    pub retry_after: Duration,
}

/// Counts requests by the generic cell rate algorithm. Cheap to clone.
#[derive(Clone)]
pub struct RateLimiter {
    shared: SharedState,
    name: &'static str,
    quota: Quota,
    local: Cache<Name, Arc<LocalLimiter>>,
}

impl RateLimiter {
    /// Limiters with the same name count together, and in all replicas.
    pub fn new(shared: SharedState, name: &'static str, quota: Quota) -> Self {
        let local = Cache::builder()
            .max_capacity(CLIENTS)
            // A new client must not be turned away for being new.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(quota.window().max(Duration::from_secs(1)))
            .build();
        Self { shared, name, quota, local }
    }

    /// The quota.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts a request of a client, whose name must tell nobody who it is.
    ///
    /// While Redis is away each replica counts for itself: a client has its quota at each.
    pub async fn check(&self, client: &Name) -> Decision {
        let (decision, counted) = match self.check_shared(client).await {
            Some(Ok(decision)) => (decision, "redis"),
            Some(Err(Unavailable)) => (self.check_locally(client).await, "fallback"),
            None => (self.check_locally(client).await, "memory"),
        };
        if !decision.allowed {
            metrics::counter!("veilpass_rate_limited_total", "counted" => counted).increment(1);
        }
        decision
    }

    async fn check_shared(&self, client: &Name) -> Option<Result<Decision, Unavailable>> {
        let redis = self.shared.redis()?;
        // Under another quota the same client begins anew: what it used of the one before says nothing about this one.
        let Quota { per_minute, burst } = self.quota;
        let mut script = script::GCRA.key(key(&format!("{}:{per_minute}-{burst}", self.name), client));
        let cost = u64::try_from(self.quota.cost().as_micros()).ok().and_then(NonZeroU64::new);
        script.arg(cost.map_or(1, NonZeroU64::get)).arg(burst.get());
        let answer = redis.link.run(async |mut link| script.invoke_async::<(u8, u32, u64, u64)>(&mut link).await).await;
        Some(answer.map(|(allowed, remaining, reset, retry_after)| Decision {
            allowed: allowed == 1,
            remaining,
            reset: Duration::from_micros(reset),
            retry_after: Duration::from_micros(retry_after),
        }))
    }

    async fn check_locally(&self, client: &Name) -> Decision {
        let Quota { burst, .. } = self.quota;
        let limiter = self
            .local
            .get_with(*client, async {
                // The period is a minute by a number of 32 bits: at least 13 ns.
                let quota = governor::Quota::with_period(self.quota.cost().max(Duration::from_nanos(1)));
                let quota = quota.unwrap_or(governor::Quota::per_minute(self.quota.per_minute)).allow_burst(burst);
                Arc::new(governor::RateLimiter::direct(quota).with_middleware())
            })
            .await;
        match limiter.check() {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let reset = self.quota.cost() * (burst.get().saturating_sub(remaining));
                Decision { allowed: true, remaining, reset, retry_after: Duration::ZERO }
            }
            Err(until) => Decision {
                allowed: false,
                remaining: 0,
                reset: self.quota.window(),
                retry_after: until.wait_time_from(DefaultClock::default().now()),
            },
        }
    }

    /// Frees what has expired.
    pub async fn drop_expired(&self) {
        self.local.run_pending_tasks().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_minute: u32, burst: u32) -> RateLimiter {
        let number = |number| NonZeroU32::new(number).unwrap();
        let quota = Quota { per_minute: number(per_minute), burst: number(burst) };
        RateLimiter::new(SharedState::in_memory(), "test", quota)
    }

    #[tokio::test]
    async fn a_client_has_its_burst_and_no_more() {
        // One a minute, so that none comes back while the test runs.
        let limiter = limiter(1, 3);
        let ours = [1; 32];
        for remaining in [2, 1, 0] {
            let decision = limiter.check(&ours).await;
            assert_eq!((decision.allowed, decision.remaining), (true, remaining));
            assert_eq!(decision.retry_after, Duration::ZERO);
        }
        let refused = limiter.check(&ours).await;
        assert!(!refused.allowed && refused.retry_after > Duration::ZERO && refused.retry_after <= refused.reset);
        assert!(limiter.check(&[2; 32]).await.allowed, "another client");
    }

    #[tokio::test]
    async fn no_more_clients_are_kept_than_allowed() {
        let limiter = limiter(1, 1);
        for client in 0..CLIENTS + 100 {
            let mut name = [0; 32];
            name[..8].copy_from_slice(&client.to_le_bytes());
            assert!(limiter.check(&name).await.allowed);
        }
        limiter.drop_expired().await;
        assert!(limiter.local.entry_count() <= CLIENTS);
    }
}
