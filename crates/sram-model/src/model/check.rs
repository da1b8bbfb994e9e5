//! Whether a model makes sense.

use super::{CurvePoint, MODEL_FORMAT, Model, ModelError, RatePoints, Rates};
use crate::fault::Direction;
use crate::normal;

/// Nobody measures more voltages.
const MOST_POINTS: usize = 10_000;

/// No rate of a curve is less: one cell of the largest chip is 10⁻¹².
const LEAST_RATE: f64 = 1e-15;

impl Model {
    /// Checks that every value makes sense.
    ///
    /// # Errors
    /// [`ModelError`] with the field that does not.
    pub fn check(&self) -> Result<(), ModelError> {
        need("format", self.format == MODEL_FORMAT, self.format, "1, the version of model files")?;
        self.geometry()?;
        let number = |field, found: f64, from: f64, to: f64, expected| {
            need(field, (from..=to).contains(&found), found, expected)
        };
        number("read_noise", self.read_noise, 0.0, 1.0, "a number from 0 to 1")?;
        number("flicker", self.flicker, 0.0, 1.0, "a number from 0 to 1")?;
        number("flip_floor", self.flip_floor, 1e-6, 0.1, "a number from 1e-6 to 0.1")?;
        need(
            "reads",
            self.reads.is_none_or(|reads| reads.iter().all(|&n| n > 0)),
            0,
            "two whole numbers above 0, or none",
        )?;
        let shared = self.shared;
        let exact = self.rates == Rates::Population || shared.row == 0.0;
        need("shared.row", exact, shared.row, "0 where each chip follows the curve (rates = \"chip\")")?;
        for (field, share) in [
            ("shared.bank", shared.bank),
            ("shared.column", shared.column),
            ("shared.half_column", shared.half_column),
            ("shared.row", shared.row),
        ] {
            number(field, share, 0.0, 1.0, "a share from 0 to 1")?;
        }
        need("shared", shared.own() >= 0.001, 1.0 - shared.own(), "shares that add up to at most 0.999")?;
        let mux = shared.column_mux;
        need("shared.column_mux", mux.is_power_of_two(), mux, "a power of two")?;
        let share = self.directions.share_0to1;
        number("directions.share_0to1", share, 0.0, 1.0, "a share from 0 to 1")?;
        let temperature = self.temperature;
        number("temperature.reference", temperature.reference, -273.15, 1000.0, "a temperature in °C")?;
        let slope = temperature.per_kelvin;
        number("temperature.per_kelvin", slope, -100.0, 100.0, "thousandths of a unit per kelvin")?;
        if let Some(law) = self.law {
            number("law.mean", law.mean, -100.0, 100.0, "a voltage")?;
            number("law.deviation", law.deviation, 1e-6, 100.0, "a number above 0")?;
        }
        let voltages = self.own_voltages();
        let descend = !voltages.is_empty() && voltages.is_sorted_by(|a, b| a > b);
        need("voltages", descend, voltages.len(), "one or more voltages, highest first")?;
        self.check_curve()
    }

    fn check_curve(&self) -> Result<(), ModelError> {
        let points = self.curve.len() - usize::from(self.vmin().is_some());
        let enough = if self.law.is_some() { points >= 1 || self.curve.is_empty() } else { points >= 2 };
        need("curve", enough, points, "two or more points with faults, or fewer and a [law]")?;
        let few = self.curve.len() <= MOST_POINTS;
        need("curve", few, self.curve.len(), "at most 10000 points")?;
        let descends = self.curve.is_sorted_by(|a, b| a.voltage > b.voltage);
        need("curve", descends, "another order", "highest voltage first")?;
        for (field, share, rates) in [
            ("p_0to1", self.directions.share_0to1, self.rates_of(|point| point.p_0to1)),
            ("p_1to0", 1.0 - self.directions.share_0to1, self.rates_of(|point| point.p_1to0)),
        ] {
            let positive = &rates[usize::from(self.vmin().is_some())..];
            let rising = positive.iter().all(|&p| p >= LEAST_RATE) && positive.is_sorted_by(|a, b| a < b);
            let none = share == 0.0 && rates.iter().all(|&p| p == 0.0);
            let expected = "rates of 1e-15 and more that rise towards lower voltages (0 throughout if no cell has the direction)";
            need(field, none || (rising && share > 0.0), format!("{rates:?}"), expected)?;
            let most = rates.last().copied().unwrap_or(0.0);
            let expected = "less than nine in ten of the cells of that direction";
            need(field, none || most < 0.9 * share, most, expected)?;
        }
        self.check_noise()
    }

    /// Reads as noisy as cells differ would hide the law; and cells that fail near Vmin have to stay below it.
    fn check_noise(&self) -> Result<(), ModelError> {
        let noise = self.total_noise();
        for direction in Direction::ALL {
            if self.directions.share(direction) == 0.0 {
                continue;
            }
            let deviation = RatePoints::new(self, direction).deviation();
            let expected = "rates whose probits rise by 0.01 to 1e6 a unit of voltage; or give a [law]";
            need("curve", (1e-6..=100.0).contains(&deviation), deviation, expected)?;
            need(
                "read_noise",
                noise < 0.9 * deviation,
                noise,
                "less than nine tenths of the deviation of the curve's end",
            )?;
        }
        if let (Some(vmin), Some(first)) = (self.vmin(), self.curve.get(1)) {
            let reach = noise * normal::upper_quantile(self.flip_floor);
            let expected = "so little that a cell can fail at the curve's second point and not at Vmin";
            need("read_noise", first.voltage.get() < vmin.voltage.get() - reach, noise, expected)?;
        }
        Ok(())
    }

    fn rates_of(&self, rate: fn(&CurvePoint) -> f64) -> Vec<f64> {
        self.curve.iter().map(rate).collect()
    }
}

fn need(
    field: &'static str,
    valid: bool,
    found: impl std::fmt::Display,
    expected: &'static str,
) -> Result<(), ModelError> {
    if valid { Ok(()) } else { Err(ModelError::Field { field, found: found.to_string(), expected }) }
}
