//! How much the API does at once. More is refused, which costs nothing, instead of held, which costs memory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::watch;
use veilpass_telemetry::{HttpLimits, MemoryLevel};

use crate::problem::Problem;

/// While memory is critical, this part of the requests is still worked on at once.
const CRITICAL_DIVISOR: usize = 8;

/// What the listener may hold. The deadline also ends idle connections; it is longer than the 60 seconds for which load
/// balancers commonly keep one, since one that is closed just as the balancer uses it shows as a 502.
pub(crate) fn http_limits(max_connections: usize) -> HttpLimits {
    HttpLimits { name: "api", max_connections, header_timeout: Duration::from_secs(75), buffer_bytes: 8 << 10 }
}

/// Requests that are being worked on, and how many may be.
pub(crate) struct InFlight {
    most: usize,
    now: AtomicUsize,
    memory: watch::Receiver<MemoryLevel>,
}

impl InFlight {
    pub(crate) fn new(most: usize, memory: watch::Receiver<MemoryLevel>) -> Self {
        Self { most, now: AtomicUsize::new(0), memory }
    }

    /// Whether nothing should be held that can be asked for again.
    pub(crate) fn memory_is_critical(&self) -> bool {
        *self.memory.borrow() == MemoryLevel::Critical
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    fn enter(self: &Arc<Self>) -> Option<Place> {
        let most = if self.memory_is_critical() { (self.most / CRITICAL_DIVISOR).max(1) } else { self.most };
        // Counted first, so that of many that enter at once no more than allowed see a low number.
        let place = Place(Arc::clone(self));
        (self.now.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

/// A request that is being worked on.
struct Place(Arc<InFlight>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Refuses a request with 503 and `Retry-After` when too many are being worked on.
pub(crate) async fn limit(State(in_flight): State<Arc<InFlight>>, request: Request, next: Next) -> Response {
    match in_flight.enter() {
        Some(_place) => next.run(request).await,
        None => Problem::overloaded().into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_enter_than_allowed_and_an_eighth_of_that_while_memory_is_critical() {
        let (memory, level) = watch::channel(MemoryLevel::Warn);
        let in_flight = Arc::new(InFlight::new(16, level));
        let places: Vec<Place> = std::iter::from_fn(|| in_flight.enter()).take(100).collect();
        assert_eq!(places.len(), 16);
        drop(places);
        memory.send_replace(MemoryLevel::Critical);
        let places: Vec<Place> = std::iter::from_fn(|| in_flight.enter()).take(100).collect();
        assert_eq!(places.len(), 2);
        drop(places);
        assert_eq!(in_flight.now.load(Ordering::Relaxed), 0, "who was refused holds no place");
    }

    #[test]
    fn one_enters_however_small_the_limit() {
        let in_flight = Arc::new(InFlight::new(1, watch::channel(MemoryLevel::Critical).1));
        assert!(in_flight.enter().is_some());
    }
}
