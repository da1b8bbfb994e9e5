//! Fault rates over voltage: the curve, and the law beyond it.

use super::{CurvePoint, Law, Model};
use crate::fault::{Direction, FaultRates};
use crate::normal;
use crate::voltage::{QuantifiedVoltage, VoltageError};

/// Beyond the curve rates are tabulated in steps of this part of the law's deviation.
const EXTENSION_STEP: f64 = 0.25;
/// They are followed down to this rate …
const LEAST_RATE: f64 = 1e-13;
/// … and up to this one …
const MOST_RATE: f64 = 0.999;
/// … in no more steps than 50 deviations have.
const MOST_STEPS: u32 = 200;

/// The fault rates that a model expects at a voltage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The voltage.
    pub voltage: QuantifiedVoltage,
    /// Mean over all cells of the probability that a stored 0 reads as 1.
    pub p01: f64,
    /// Mean over all cells of the probability that a stored 1 reads as 0.
    pub p10: f64,
    /// Whether this lies beyond the voltages that the model was made from, and so rests on its law alone.
    pub extrapolated: bool,
}

impl Prediction {
    /// The fault rate p: both directions added.
    pub fn p(&self) -> f64 {
        self.p01 + self.p10
    }

    /// The share of bits in error that is expected when zeros and ones are stored equally often: p/2.
    pub fn expected_ber(&self) -> f64 {
        FaultRates { p01: self.p01, p10: self.p10, persistent: 0.0 }.expected_ber()
    }
}

impl Model {
    /// The fault rates to expect at a voltage and, if it is given, a temperature in °C: means over the model's chips.
    ///
    /// # Errors
    /// [`VoltageError::OtherUnit`] for a voltage in another unit than the model's.
    pub fn predict(
        &self,
        voltage: QuantifiedVoltage,
        celsius: Option<f64>,
    ) -> Result<Prediction, VoltageError> {
        let at = voltage.in_unit(self.unit)?.get() - self.offset(celsius);
        let rate = |direction| {
            let points = RatePoints::new(self, direction);
            self.directions.share(direction) * points.rate(at)
        };
        let extrapolated = self.measured_range(None).is_none_or(|(low, high)| {
            // At Vmin and above nothing fails: that is known.
            at < low.voltage.get() - 1e-9 || (at > high.voltage.get() + 1e-9 && self.vmin().is_none())
        });
        let [p01, p10] = Direction::ALL.map(rate);
        Ok(Prediction { voltage, p01, p10, extrapolated })
    }
}

/// The fault rates of the cells of one direction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RatePoints {
    /// No cell fails at or above this voltage.
    pub(crate) vmin: Option<f64>,
    /// Voltage and rate, highest voltage first, rates above 0 and rising.
    points: Vec<(f64, f64)>,
    law: Law,
}

impl RatePoints {
    pub(crate) fn new(model: &Model, direction: Direction) -> Self {
        let share = model.directions.share(direction);
        let of = |point: &CurvePoint| point.p(direction) / share;
        let points: Vec<(f64, f64)> = model
            .curve
            .iter()
            .filter(|point| of(point) > 0.0)
            .map(|point| (point.voltage.get(), of(point)))
            .collect();
        let law = model.law.unwrap_or_else(|| law_of_end(&points));
        Self { vmin: model.vmin().map(|vmin| vmin.voltage.get()), points, law }
    }

    /// The deviation of critical voltages beyond the curve; nonsense if its last two points are no normal law.
    pub(crate) fn deviation(&self) -> f64 {
        self.law.deviation
    }

    /// The rate at `v`.
    pub(crate) fn rate(&self, v: f64) -> f64 {
        if self.vmin.is_some_and(|vmin| v >= vmin) {
            return 0.0;
        }
        let (Some(&first), Some(&last)) = (self.points.first(), self.points.last()) else {
            return normal::cdf((self.law.mean - v) / self.law.deviation);
        };
        if v < last.0 {
            return self.beyond(last, v);
        }
        if v > first.0 && (self.vmin.is_none() || self.points.len() < 2) {
            return self.beyond(first, v);
        }
        let after = self.points.partition_point(|point| point.0 > v).clamp(1, self.points.len().max(2) - 1);
        match (self.points[after - 1], self.points.get(after)) {
            ((v0, p0), Some(&(v1, p1))) => {
                let (l0, l1) = (libm::log(p0), libm::log(p1));
                libm::exp(l0 + (l1 - l0) * (v - v0) / (v1 - v0))
            }
            (point, None) => point.1,
        }
    }

    /// The rate at `v` by the law, from an end of the curve on.
    fn beyond(&self, end: (f64, f64), v: f64) -> f64 {
        normal::cdf(normal::quantile(end.1) + (end.0 - v) / self.law.deviation)
    }

    /// Voltages and rates, highest voltage first, from where next to no cell fails to where nearly all do.
    pub(crate) fn extended(&self) -> Vec<(f64, f64)> {
        let step = EXTENSION_STEP * self.law.deviation;
        let (top, bottom) = match (self.points.first(), self.points.last()) {
            (Some(first), Some(last)) => (first.0, last.0),
            _ => (self.law.mean, self.law.mean),
        };
        let mut points = Vec::new();
        if self.vmin.is_none() {
            let above = (1..MOST_STEPS).map(|k| top + f64::from(k) * step).map(|v| (v, self.rate(v)));
            points.extend(above.take_while(|point| point.1 > LEAST_RATE));
            points.reverse();
        }
        points.extend_from_slice(&self.points);
        if self.points.is_empty() {
            points.push((top, self.rate(top)));
        }
        for k in 1..MOST_STEPS {
            let v = bottom - f64::from(k) * step;
            let rate = self.rate(v);
            if rate > MOST_RATE {
                break;
            }
            points.push((v, rate));
        }
        points
    }
}

/// The law whose deviation is that between the last two points of a curve.
fn law_of_end(points: &[(f64, f64)]) -> Law {
    match points {
        [.., (v0, p0), (v1, p1)] => {
            let (z0, z1) = (normal::quantile(*p0), normal::quantile(*p1));
            let deviation = (v0 - v1) / (z1 - z0);
            Law { mean: v1 + z1 * deviation, deviation }
        }
        _ => Law { mean: 0.0, deviation: 1.0 },
    }
}
