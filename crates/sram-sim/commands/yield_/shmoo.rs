//! The Shmoo plot: chips by voltages.

use plotters::coord::Shift;
use plotters::prelude::*;
use sram_model::Voltage;

use crate::chart::{Chart, Drawn, GREY};

/// Chips from the best to the worst, voltages from the lowest to the highest; blue where the voltage is tolerated.
#[derive(Debug)]
pub struct Shmoo {
    pub title: String,
    pub unit: String,
    /// Highest first.
    pub voltages: Vec<Voltage>,
    pub chips: Vec<ShmooChip>,
    /// What the chips' model knows.
    pub known: Option<(Voltage, Voltage)>,
}

/// A line of the plot.
#[derive(Debug)]
pub struct ShmooChip {
    /// The lowest voltage that it tolerates.
    pub lowest: Option<Voltage>,
    /// How dark it is at each voltage, 0 to 1; voltages after these were not looked at.
    pub depths: Vec<f64>,
}

impl Shmoo {
    /// Ends of the voltages' cells, from the lowest: half-way between them.
    fn edges(&self) -> Vec<f64> {
        let voltages: Vec<f64> = self.voltages.iter().rev().map(|at| at.get()).collect();
        let step = |a: usize, b: usize| voltages.get(b).map_or(0.01, |b| b - voltages[a]);
        let edge = |k: usize| match k {
            0 => voltages[0] - step(0, 1) / 2.0,
            k if k == voltages.len() => voltages[k - 1] + step(k.max(2) - 2, k.max(2) - 1) / 2.0,
            k => f64::midpoint(voltages[k - 1], voltages[k]),
        };
        (0..=voltages.len()).map(edge).collect()
    }
}

impl Chart for Shmoo {
    fn size(&self) -> (u32, u32) {
        (760, 560)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static,
    {
        let edges = self.edges();
        let count = self.voltages.len();
        let mut order: Vec<&ShmooChip> = self.chips.iter().collect();
        order.sort_by_key(|chip| chip.lowest.map_or(u32::MAX, Voltage::micro));
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .caption(&self.title, ("sans-serif", 19))
            .x_label_area_size(44)
            .y_label_area_size(56)
            .build_cartesian_2d(edges[0]..edges[count], 0.0..order.len() as f64)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc(format!("voltage, {}", self.unit))
            .y_desc("chips, from the best up")
            .label_style(("sans-serif", 14))
            .y_labels(order.len().min(10))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .draw()?;
        let cells = order.iter().enumerate().flat_map(|(row, chip)| {
            let edges = &edges;
            chip.depths.iter().zip(&self.voltages).enumerate().map(move |(at, (&depth, &voltage))| {
                let tolerated = chip.lowest.is_some_and(|lowest| lowest <= voltage);
                let k = count - 1 - at;
                let corners = [(edges[k], row as f64), (edges[k + 1], row as f64 + 1.0)];
                Rectangle::new(corners, shade(tolerated, depth).filled())
            })
        });
        chart.draw_series(cells)?;
        if let Some((low, high)) = self.known {
            for known in [low.get(), high.get()] {
                if known > edges[0] && known < edges[count] {
                    let line = vec![(known, 0.0), (known, order.len() as f64)];
                    chart.draw_series([PathElement::new(line, GREY)])?;
                }
            }
        }
        Ok(())
    }
}

/// Blue if the voltage is tolerated, orange if not; darker by depth.
fn shade(tolerated: bool, depth: f64) -> RGBColor {
    let (light, dark) = if tolerated {
        ((226.0, 238.0, 250.0), (60.0, 120.0, 190.0))
    } else {
        ((250.0, 205.0, 150.0), (150.0, 60.0, 10.0))
    };
    let mix = |light: f64, dark: f64| (light + (dark - light) * depth.clamp(0.0, 1.0)) as u8;
    RGBColor(mix(light.0, dark.0), mix(light.1, dark.1), mix(light.2, dark.2))
}
