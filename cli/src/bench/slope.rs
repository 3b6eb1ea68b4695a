//! A straight line through measurements.

/// Measurements of one thing.
#[derive(Default)]
pub struct Series(Vec<(f64, f64)>);

impl Series {
    /// Adds `y`, as measured at `x`.
    pub fn push(&mut self, x: f64, y: f64) {
        self.0.push((x, y));
    }

    /// The measurements.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.0
    }

    /// How much `y` grows by each `x`, by least squares; 0 if there is only one `x`.
    pub fn slope(&self) -> f64 {
        let mean = |of: fn(&(f64, f64)) -> f64| self.0.iter().map(of).sum::<f64>() / self.0.len() as f64;
        let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
        let (together, alone) = self.0.iter().fold((0.0, 0.0), |(together, alone), (x, y)| {
            (together + (x - x_mean) * (y - y_mean), alone + (x - x_mean).powi(2))
        });
        if alone > 0.0 { together / alone } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(points: &[(f64, f64)]) -> f64 {
        let mut series = Series::default();
        for (x, y) in points {
            series.push(*x, *y);
        }
        series.slope()
    }

    #[test]
    fn the_slope_is_that_of_the_line_and_noise_around_it_does_not_move_it() {
        assert_eq!(slope(&[(1.0, 5.0), (2.0, 7.0), (3.0, 9.0)]), 2.0);
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 0.0), (2.0, 0.0), (3.0, 1.0)]), 0.0);
        assert_eq!(slope(&[(0.0, 4.0), (4.0, 0.0)]), -1.0);
        assert_eq!((slope(&[]), slope(&[(1.0, 3.0)])), (0.0, 0.0));
    }
}
