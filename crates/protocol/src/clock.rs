//! The clock of a machine, as the protocol counts time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch, by this machine's clock; 0 if that is set before it.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_seconds_of_this_century() {
        let (now, year) = (unix_now(), 365 * 24 * 3600);
        assert!((50 * year..130 * year).contains(&now), "{now}");
        assert!(unix_now() >= now);
    }
}
