//! The Shmoo plot: chips by voltages.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Report;
use crate::chart::{Chart, Drawn, GREY, label};
use crate::output::percent;

/// Chips from the best to the worst, voltages from the lowest to the highest; blue where the voltage is tolerated.
pub(super) struct Shmoo<'a>(pub(super) &'a Report);

impl Chart for Shmoo<'_> {
    fn size(&self) -> (u32, u32) {
        (760, 560)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let report = self.0;
        let voltages: Vec<f64> = report.voltages.iter().rev().map(|at| at.voltage.get()).collect();
        // A cell of the plot ends half-way to the next voltage.
        let edges: Vec<f64> = (0..=voltages.len())
            .map(|k| {
                let step = |a: usize, b: usize| voltages.get(b).map_or(0.01, |b| b - voltages[a]);
                match k {
                    0 => voltages[0] - step(0, 1) / 2.0,
                    k if k == voltages.len() => voltages[k - 1] + step(k.max(2) - 2, k.max(2) - 1) / 2.0,
                    k => f64::midpoint(voltages[k - 1], voltages[k]),
                }
            })
            .collect();
        let mut order: Vec<usize> = (0..report.chips.len()).collect();
        order.sort_by_key(|&index| {
            report.chips[index].lowest_tolerated.map_or(u32::MAX, sram_model::Voltage::micro)
        });

        let title = format!(
            "{} chips of {}: expected BER of at most {} %",
            order.len(),
            label(&report.model),
            percent(report.max_expected_ber_balanced_data)
        );
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .caption(title, ("sans-serif", 19))
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(edges[0]..edges[voltages.len()], 0.0..order.len() as f64)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc(format!("voltage, {}", report.unit))
            .y_desc("chips, from the best up")
            .label_style(("sans-serif", 14))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        let most = report.max_expected_ber_balanced_data;
        let cells = order.iter().enumerate().flat_map(|(row, &index)| {
            let chip = &report.chips[index];
            let (edges, voltages) = (&edges, &voltages);
            (0..voltages.len()).map(move |k| {
                let at = voltages.len() - 1 - k;
                let tolerated =
                    chip.lowest_tolerated.is_some_and(|lowest| lowest <= report.voltages[at].voltage);
                let corners = [(edges[k], row as f64), (edges[k + 1], row as f64 + 1.0)];
                Rectangle::new(corners, shade(tolerated, chip.expected_ber_balanced_data[at] / most).filled())
            })
        });
        chart.draw_series(cells)?;
        if let Some((low, high)) = report.known {
            for known in [low.get(), high.get()] {
                if known > edges[0] && known < edges[voltages.len()] {
                    let line = vec![(known, 0.0), (known, order.len() as f64)];
                    chart.draw_series([PathElement::new(line, GREY)])?;
                }
            }
        }
        Ok(())
    }
}

/// Blue if the voltage is tolerated, orange if not; darker by decades of the bit error rate by the bound.
fn shade(tolerated: bool, ratio: f64) -> RGBColor {
    let decades = ratio.max(1e-12).log10();
    let (light, dark, depth) = if tolerated {
        ((226.0, 238.0, 250.0), (60.0, 120.0, 190.0), ((decades + 4.0) / 4.0).clamp(0.0, 1.0))
    } else {
        ((250.0, 205.0, 150.0), (150.0, 60.0, 10.0), (decades / 3.0).clamp(0.0, 1.0))
    };
    let mix = |light: f64, dark: f64| (light + (dark - light) * depth) as u8;
    RGBColor(mix(light.0, dark.0), mix(light.1, dark.1), mix(light.2, dark.2))
}
