//! Random durations.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random numbers of one run, by its seed.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// Of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number that is uniform above 0, up to 1.
    pub fn unit(&mut self) -> f64 {
        1.0 - self.0.random::<f64>()
    }

    /// One of so many, uniform.
    pub fn below(&mut self, count: u32) -> u32 {
        self.0.random_range(0..count.max(1))
    }

    /// Exponentially distributed.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.unit())
    }

    /// Normally distributed, with mean 0 and variance 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        libm::sqrt(-2.0 * libm::log(self.unit())) * libm::cos(TAU * self.unit())
    }
}

/// How long a step takes, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "distribution")]
pub enum ServiceTime {
    /// Always as long.
    Fixed {
        /// In seconds.
        mean: f64,
    },
    /// Without memory: for comparison with formulas.
    Exponential {
        /// In seconds.
        mean: f64,
    },
    /// Log-normal: never negative, and its long side is to the right, as with what was measured.
    LogNormal {
        /// In seconds.
        mean: f64,
        /// Standard deviation, as a part of the mean.
        variation: f64,
    },
}

impl ServiceTime {
    /// The mean, in seconds.
    pub fn mean(self) -> f64 {
        match self {
            Self::Fixed { mean } | Self::Exponential { mean } | Self::LogNormal { mean, .. } => mean,
        }
    }

    /// The same, so many times as slow.
    pub fn slower(self, factor: f64) -> Self {
        match self {
            Self::Fixed { mean } => Self::Fixed { mean: mean * factor },
            Self::Exponential { mean } => Self::Exponential { mean: mean * factor },
            Self::LogNormal { mean, variation } => Self::LogNormal { mean: mean * factor, variation },
        }
    }

    /// One, in seconds.
    pub fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Fixed { mean } => mean,
            Self::Exponential { mean } => random.exponential(mean),
            Self::LogNormal { mean, variation } => {
                let variance = libm::log(1.0 + variation * variation);
                mean * libm::exp(libm::sqrt(variance) * random.normal() - variance / 2.0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_their_mean_and_variation() {
        for (service, variation) in [
            (ServiceTime::Fixed { mean: 0.2 }, 0.0),
            (ServiceTime::Exponential { mean: 0.2 }, 1.0),
            (ServiceTime::LogNormal { mean: 0.2, variation: 0.3 }, 0.3),
        ] {
            let mut random = Random::new(7);
            let drawn: Vec<f64> = (0..200_000).map(|_| service.draw(&mut random)).collect();
            let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / drawn.len() as f64;
            assert!((mean - 0.2).abs() < 0.002, "{service:?}: {mean}");
            assert!((variance.sqrt() / mean - variation).abs() < 0.01, "{service:?}");
            assert!(drawn.iter().all(|value| *value > 0.0));
        }
    }
}
