//! When requests come, and whose they are.

use crate::{Random, Time};

/// When requests come. Rates are requests a second.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "process")]
pub enum Arrivals {
    /// In equal distances, as a load generator sends them.
    Regular {
        /// Requests a second.
        rate: f64,
    },
    /// Independent of each other.
    Poisson {
        /// Requests a second.
        rate: f64,
    },
    /// Poisson, with hours of more: each period begins with its peak.
    Daily {
        /// Requests a second, over all.
        mean: f64,
        /// The rate in the peak, as a multiple of the mean.
        peak_factor: f64,
        /// The peak's part of the period; `peak_factor * share` is at most 1.
        share: f64,
        /// In seconds.
        period: f64,
    },
    /// Poisson, with bursts that come without notice: an interrupted process whose states last exponentially long.
    Bursty {
        /// Requests a second, over all.
        mean: f64,
        /// The rate in a burst, as a multiple of the mean.
        peak_factor: f64,
        /// The part of time that is burst; `peak_factor * share` is at most 1.
        share: f64,
        /// Mean duration of a burst, in seconds.
        burst: f64,
    },
}

impl Arrivals {
    /// Requests a second at most.
    pub fn peak_rate(self) -> f64 {
        match self {
            Self::Regular { rate } | Self::Poisson { rate } => rate,
            Self::Daily { mean, peak_factor, .. } | Self::Bursty { mean, peak_factor, .. } => mean * peak_factor,
        }
    }
}

/// Draws arrivals, one after the other.
pub(crate) struct Source {
    arrivals: Arrivals,
    /// The last arrival, in seconds.
    at: f64,
    count: u64,
    in_burst: bool,
    /// When the state changes.
    changes_at: f64,
}

impl Source {
    pub(crate) fn new(arrivals: Arrivals, random: &mut Random) -> Self {
        let mut source = Self { arrivals, at: 0.0, count: 0, in_burst: false, changes_at: 0.0 };
        source.change(random);
        source
    }

    /// The rate outside the peak, so that the mean is right.
    fn low(mean: f64, peak_factor: f64, share: f64) -> f64 {
        mean * (1.0 - peak_factor * share).max(0.0) / (1.0 - share)
    }

    /// Enters the next state.
    fn change(&mut self, random: &mut Random) {
        self.in_burst = !self.in_burst;
        self.changes_at += match (self.arrivals, self.in_burst) {
            (Arrivals::Regular { .. } | Arrivals::Poisson { .. }, _) => f64::INFINITY,
            (Arrivals::Daily { share, period, .. }, true) => share * period,
            (Arrivals::Daily { share, period, .. }, false) => (1.0 - share) * period,
            (Arrivals::Bursty { burst, .. }, true) => random.exponential(burst),
            (Arrivals::Bursty { burst, share, .. }, false) => random.exponential(burst * (1.0 - share) / share),
        };
    }

    fn rate(&self) -> f64 {
        match self.arrivals {
            Arrivals::Regular { rate } | Arrivals::Poisson { rate } => rate,
            Arrivals::Daily { mean, peak_factor, share, .. } | Arrivals::Bursty { mean, peak_factor, share, .. } => {
                if self.in_burst {
                    mean * peak_factor
                } else {
                    Self::low(mean, peak_factor, share)
                }
            }
        }
    }

    /// The next arrival.
    pub(crate) fn next(&mut self, random: &mut Random) -> Time {
        if let Arrivals::Regular { rate } = self.arrivals {
            self.count += 1;
            return Time::from_seconds((self.count - 1) as f64 / rate);
        }
        loop {
            let rate = self.rate();
            let next = if rate > 0.0 { self.at + random.exponential(1.0 / rate) } else { f64::INFINITY };
            if next <= self.changes_at {
                self.at = next;
                return Time::from_seconds(next);
            }
            // An exponential wait has no memory: it is drawn again at the new rate.
            self.at = self.changes_at;
            self.change(random);
        }
    }
}

/// Whose a request is: the number of a client, and the class that it is counted with.
#[derive(Clone, Debug, PartialEq)]
pub enum Mix {
    /// One of so many clients of one class.
    Crowd {
        /// How many.
        clients: u32,
    },
    /// One of these in turn, each a class of its own.
    Turns(Vec<u32>),
}

impl Mix {
    pub(crate) fn draw(&self, number: u64, random: &mut Random) -> u32 {
        match self {
            Self::Crowd { clients } => random.below(*clients),
            Self::Turns(turns) => turns[(number % turns.len() as u64) as usize],
        }
    }

    pub(crate) fn class(&self, client: u32) -> usize {
        match self {
            Self::Crowd { .. } => 0,
            Self::Turns(_) => client as usize,
        }
    }

    pub(crate) fn classes(&self) -> usize {
        match self {
            Self::Crowd { .. } => 1,
            Self::Turns(turns) => turns.iter().max().map_or(0, |most| *most as usize + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(arrivals: Arrivals, seconds: f64) -> Vec<f64> {
        let mut random = Random::new(3);
        let mut source = Source::new(arrivals, &mut random);
        let mut next = || source.next(&mut random).seconds();
        std::iter::from_fn(|| Some(next())).take_while(|at| *at < seconds).collect()
    }

    #[test]
    fn every_process_has_its_mean_rate() {
        let (mean, peak_factor, share) = (2.0, 4.0, 0.1);
        for arrivals in [
            Arrivals::Regular { rate: mean },
            Arrivals::Poisson { rate: mean },
            Arrivals::Daily { mean, peak_factor, share, period: 1000.0 },
            Arrivals::Bursty { mean, peak_factor, share, burst: 5.0 },
        ] {
            let times = times(arrivals, 100_000.0);
            let rate = times.len() as f64 / 100_000.0;
            assert!((rate / mean - 1.0).abs() < 0.02, "{arrivals:?}: {rate}");
            assert!(times.is_sorted());
        }
    }

    #[test]
    fn a_day_has_its_peak() {
        let arrivals = Arrivals::Daily { mean: 5.0, peak_factor: 4.0, share: 0.125, period: 800.0 };
        let times = times(arrivals, 800.0 * 200.0);
        let in_peak = times.iter().filter(|at| *at % 800.0 < 100.0).count() as f64 / times.len() as f64;
        assert!((in_peak - 0.5).abs() < 0.01, "{in_peak}: an eighth of the day at four times the mean");
        assert_eq!(arrivals.peak_rate(), 20.0);
    }
}
