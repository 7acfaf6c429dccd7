//! Whether memory grows, by the line that fits it best.

use serde::Serialize;

/// A line through points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Growth {
    /// KiB a second.
    pub(super) slope: f64,
    /// How far the slope may be off: its standard error, in KiB a second.
    pub(super) error: f64,
    /// How long it was looked at, in s.
    pub(super) seconds: f64,
}

impl Growth {
    /// Of memory in KiB at times in s, by least squares.
    pub(super) fn of(points: &[(f64, f64)]) -> Self {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Self::default();
        };
        let seconds = last.0 - first.0;
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (time, memory) = (mean(|point| point.0), mean(|point| point.1));
        let spread: f64 = points.iter().map(|point| (point.0 - time).powi(2)).sum();
        if spread == 0.0 {
            return Self::default();
        }
        let both = points.iter().map(|point| (point.0 - time) * (point.1 - memory));
        let slope = both.sum::<f64>() / spread;
        let missed =
            points.iter().map(|point| (point.1 - memory - slope * (point.0 - time)).powi(2));
        let error = (missed.sum::<f64>() / (count - 2.0).max(1.0) / spread).sqrt();
        Self { slope, error, seconds }
    }

    /// By how much memory grew while it was looked at, in KiB.
    pub(super) fn whole(&self) -> f64 {
        self.slope * self.seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again_and_noise_is_told() {
        let at = |n: i32, memory: f64| (f64::from(n), memory);
        let line: Vec<_> = (0..100).map(|n| at(n, 500.0 + 3.0 * f64::from(n))).collect();
        let growth = Growth::of(&line);
        assert!((growth.slope - 3.0).abs() < 1e-9 && growth.error < 1e-6, "{growth:?}");
        assert!((growth.whole() - 297.0).abs() < 1e-6, "{growth:?}");
        let noise: Vec<_> = (0..100).map(|n| at(n, 500.0 + f64::from(n % 2) * 100.0)).collect();
        let growth = Growth::of(&noise);
        assert!(growth.slope.abs() < 2.0 * growth.error && growth.error > 0.1, "{growth:?}");
    }

    #[test]
    fn one_point_is_no_line() {
        assert_eq!(Growth::of(&[]), Growth::default());
        assert_eq!(Growth::of(&[(1.0, 5.0)]), Growth::default());
    }
}
