//! The energy of a memory access.

use crate::voltage::{QuantifiedVoltage, VoltageError};

/// Energy of an access at `voltage` relative to one at `vmin`: (V/Vmin)². The measured energies of Stutz et al. (MLSys
/// 2021, figure 1: 4 KiB arrays in 14 nm, same clock at every voltage) follow this at every point. Dynamic energy only.
///
/// # Errors
/// [`VoltageError::OtherUnit`] if the voltages have different units.
pub fn relative_energy(voltage: QuantifiedVoltage, vmin: QuantifiedVoltage) -> Result<f64, VoltageError> {
    let ratio = voltage.voltage.get() / vmin.in_unit(voltage.unit)?.get();
    Ok(ratio * ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voltage::{Voltage, VoltageUnit};

    #[test]
    fn energies_are_those_of_the_paper() {
        let relative = |units| VoltageUnit::RelativeToVmin.of(Voltage::new(units).unwrap());
        for (k, energy) in
            [(24, 1.0), (23, 0.9184), (22, 0.8403), (21, 0.7656), (20, 0.6944), (19, 0.6267), (18, 0.5625)]
        {
            let voltage = relative(f64::from(k) / 24.0);
            assert!((relative_energy(voltage, relative(1.0)).unwrap() - energy).abs() < 5e-5, "{voltage}");
        }
    }

    #[test]
    fn voltages_of_different_units_have_no_ratio() {
        let (half, volts) = (Voltage::new(0.5).unwrap(), VoltageUnit::Volt.of(Voltage::new(0.8).unwrap()));
        let error = relative_energy(VoltageUnit::RelativeToVmin.of(half), volts).unwrap_err();
        assert_eq!(error.to_string(), "found 0.8 V, expected a voltage in V/Vmin");
    }
}
