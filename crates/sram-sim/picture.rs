//! Fault maps as pictures: a pixel or more a cell, or a pixel for a block of cells where there are too many.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::{Context, Result};
use cli_io::shown;
use flip_core::FaultKind;
use sram_model::{CellFault, FaultMap, FlipProbability, Floorplan, Geometry, Profile};

/// What the colours mean.
pub(crate) const LEGEND: &str = ": orange fails from 0 to 1, blue from 1 to 0, magenta both ways, the brighter the more often;
  a pixel shows the worst of its cells; banks as on the floorplan (tall maps cut into strips), grey between them";

/// A map that fits into this many pixels a side is drawn with whole pixels for each cell.
const WHOLE_CELLS_SIDE: u64 = 1600;
/// The side of a picture, about, of smaller and of larger maps.
const SIDE: u64 = 1200;
/// Shades of each kind of fault.
const SHADES: u8 = 8;
const BACKGROUND: u8 = 0;
const GAP: u8 = 1;
const FIRST_SHADE: u8 = 2;

/// Writes the map as a PNG of indexed colours.
pub(crate) fn write_png(profile: &Profile, map: &FaultMap, out: &mut dyn Write) -> Result<()> {
    let geometry = map.geometry();
    let plan = Arrangement::new(geometry, profile.floorplan());
    let pixels = plan.draw(map);
    let mut encoder = png::Encoder::new(out, plan.width as u32, plan.height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette());
    encoder.add_itxt_chunk("Title".to_owned(), title(profile, map))?;
    encoder
        .add_itxt_chunk("Software".to_owned(), concat!("sram-sim ", env!("CARGO_PKG_VERSION")).to_owned())?;
    encoder.add_itxt_chunk("Source".to_owned(), profile.info().provenance.source.clone())?;
    let mut writer = encoder.write_header().context("cannot encode the picture")?;
    writer.write_image_data(&pixels).context("cannot encode the picture")?;
    Ok(writer.finish()?)
}

/// What the picture shows: the map that answered, whatever voltage it was asked for.
fn title(profile: &Profile, map: &FaultMap) -> String {
    let (info, voltage) = (profile.info(), map.voltage());
    let extrapolated = if info.extrapolates(voltage) { ", extrapolated" } else { "" };
    format!("Fault map of chip {} at {voltage}{extrapolated}", info.name)
}

/// Writes the same picture as SVG: a path for each colour, of runs of pixels.
pub(crate) fn write_svg(profile: &Profile, map: &FaultMap, out: &mut dyn Write) -> Result<()> {
    let plan = Arrangement::new(map.geometry(), profile.floorplan());
    let pixels = plan.draw(map);
    let (width, height) = (plan.width as usize, plan.height as usize);
    let palette = palette();
    let title: String = shown(&title(profile, map))
        .chars()
        .map(|c| if matches!(c, '<' | '>' | '&' | '"') { '_' } else { c })
        .collect();
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" shape-rendering="crispEdges">"#
    )?;
    writeln!(out, "<title>{title}</title>")?;
    for (colour, rgb) in palette.chunks_exact(3).enumerate() {
        let mut path = String::new();
        for (y, row) in pixels.chunks_exact(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if usize::from(run[0]) == colour {
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z", length = run.len());
                }
                x += run.len();
            }
        }
        if !path.is_empty() {
            writeln!(out, "<path fill=\"#{:02x}{:02x}{:02x}\" d=\"{path}\"/>", rgb[0], rgb[1], rgb[2])?;
        }
    }
    Ok(writeln!(out, "</svg>")?)
}

/// Dark background, grey gaps, then [`SHADES`] of each kind of fault from dim to bright.
fn palette() -> Vec<u8> {
    let mut colours = vec![[24, 24, 28], [96, 96, 100]];
    for bright in [[255.0, 170.0, 30.0], [70.0, 170.0, 255.0], [255.0, 60.0, 220.0f32]] {
        for shade in 1..=SHADES {
            let strength = 0.35 + 0.65 * f32::from(shade) / f32::from(SHADES);
            colours.push(bright.map(|channel: f32| (channel * strength) as u8));
        }
    }
    colours.concat()
}

fn colour(flip: FlipProbability) -> u8 {
    let p = flip.p01().max(flip.p10());
    let shade = ((p * f32::from(SHADES)).ceil() as u8).clamp(1, SHADES) - 1;
    match flip.kind() {
        None => BACKGROUND,
        Some(FaultKind::ReadsOne) => FIRST_SHADE + shade,
        Some(FaultKind::ReadsZero) => FIRST_SHADE + SHADES + shade,
        Some(FaultKind::Inverts) => FIRST_SHADE + 2 * SHADES + shade,
    }
}

/// Where the cells of each bank are drawn.
struct Arrangement {
    /// Left and top pixel of each bank.
    corners: Vec<(u64, u64)>,
    /// Width and height of a bank, in pixels.
    tile: (u64, u64),
    width: u64,
    height: u64,
}

impl Arrangement {
    /// Banks lie as on the floorplan, sites without a bank in between left out. Without a floorplan they lie one below
    /// the other, or in a square if there are many.
    fn new(geometry: Geometry, floorplan: Option<&Floorplan>) -> Self {
        let column = Floorplan::grid(geometry.banks(), 1);
        let whole = Self::strips(geometry, floorplan.unwrap_or(&column).sites());
        if whole.width <= WHOLE_CELLS_SIDE && whole.height <= WHOLE_CELLS_SIDE {
            return whole;
        }
        // A floorplan of sites far apart would be nearly all gaps.
        let floorplan = floorplan.filter(|plan| {
            let (x, y) =
                (ranks(plan.sites().iter().map(|s| s.0)).1, ranks(plan.sites().iter().map(|s| s.1)).1);
            x.max(y) <= SIDE && x * y <= 4 * plan.sites().len() as u64
        });
        let square = Floorplan::grid(geometry.banks(), f64::from(geometry.banks()).sqrt().ceil() as u32);
        Self::blocks(floorplan.unwrap_or(&square).sites())
    }

    /// One or more pixels a cell. The map is cut into strips of whole rows of banks, side by side, so that the picture is
    /// about square.
    fn strips(geometry: Geometry, sites: &[(u32, u32)]) -> Self {
        let (columns, map_columns) = ranks(sites.iter().map(|site| site.0));
        let (rows, map_rows) = ranks(sites.iter().map(|site| site.1));
        let cells = (u64::from(geometry.columns()), u64::from(geometry.rows()));
        let aspect = (map_rows * cells.1) as f64 / (map_columns * cells.0) as f64;
        let strips = (aspect.sqrt().round() as u64).clamp(1, map_rows);
        let rows_per_strip = map_rows.div_ceil(strips);
        let strips = map_rows.div_ceil(rows_per_strip);

        let longest = (rows_per_strip * cells.1).max(strips * map_columns * cells.0);
        let zoom = (SIDE / longest).max(1);
        let tile = (cells.0 * zoom, cells.1 * zoom);
        // A line after each bank, and a wider one between strips.
        let strip_width = map_columns * (tile.0 + 1) + 3;
        let corner = |(column, row): (&u64, &u64)| {
            let (strip, row) = (row / rows_per_strip, row % rows_per_strip);
            (strip * strip_width + column * (tile.0 + 1), row * (tile.1 + 1))
        };
        let corners = columns.iter().zip(&rows).map(corner).collect();
        Self { corners, tile, width: strips * strip_width - 4, height: rows_per_strip * (tile.1 + 1) - 1 }
    }

    /// The whole floorplan, banks stretched or shrunk to fill a square.
    fn blocks(sites: &[(u32, u32)]) -> Self {
        let (columns, map_columns) = ranks(sites.iter().map(|site| site.0));
        let (rows, map_rows) = ranks(sites.iter().map(|site| site.1));
        let tile = ((SIDE / map_columns).max(2) - 1, (SIDE / map_rows).max(2) - 1);
        let corner = |(column, row): (&u64, &u64)| (column * (tile.0 + 1), row * (tile.1 + 1));
        let corners = columns.iter().zip(&rows).map(corner).collect();
        Self { corners, tile, width: map_columns * (tile.0 + 1) - 1, height: map_rows * (tile.1 + 1) - 1 }
    }

    fn draw(&self, map: &FaultMap) -> Vec<u8> {
        // The least probable first, so that what is drawn over them is worse.
        let worst = |fault: &CellFault| fault.flip.p01().max(fault.flip.p10());
        let mut faults = map.faults().to_vec();
        faults.sort_by(|a, b| worst(a).total_cmp(&worst(b)));
        let mut pixels = vec![GAP; (self.width * self.height) as usize];
        let mut fill = |x: (u64, u64), y: (u64, u64), colour: u8| {
            for row in y.0..y.1 {
                let start = row * self.width;
                pixels[(start + x.0) as usize..(start + x.1) as usize].fill(colour);
            }
        };
        for &(left, top) in &self.corners {
            fill((left, left + self.tile.0), (top, top + self.tile.1), BACKGROUND);
        }
        let geometry = map.geometry();
        for fault in faults {
            let at = geometry.address(fault.cell);
            let (left, top) = self.corners[at.bank as usize];
            let x = span(at.column, geometry.columns(), self.tile.0);
            let y = span(at.row, geometry.rows(), self.tile.1);
            fill((left + x.0, left + x.1), (top + y.0, top + y.1), colour(fault.flip));
        }
        pixels
    }
}

/// The pixels of cell `index` of `cells` on a line of `pixels`: at least one.
fn span(index: u32, cells: u32, pixels: u64) -> (u64, u64) {
    let from = u64::from(index) * pixels / u64::from(cells);
    let to = (u64::from(index) + 1) * pixels / u64::from(cells);
    (from, to.max(from + 1))
}

/// The rank of each number among the distinct ones, and how many distinct ones there are.
fn ranks(numbers: impl Iterator<Item = u32> + Clone) -> (Vec<u64>, u64) {
    let mut distinct: Vec<u32> = numbers.clone().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |number| distinct.partition_point(|&other| other < number) as u64;
    (numbers.map(rank).collect(), distinct.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sram_model::{Between, STORED};

    #[test]
    fn every_faulty_cell_of_a_chip_has_its_pixel() {
        let profile = STORED[1].open().unwrap();
        let map = profile.at("0.9 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
        let plan = Arrangement::new(map.geometry(), profile.floorplan());
        assert_eq!(plan.tile, (64, 512));
        let pixels = plan.draw(&map);
        let count =
            |test: fn(u8) -> bool| pixels.iter().map(|&pixel| usize::from(test(pixel))).sum::<usize>();
        assert_eq!(count(|pixel| pixel >= FIRST_SHADE), map.faults().len());
        assert_eq!(count(|pixel| pixel != GAP) as u64, map.geometry().cells());
    }

    #[test]
    fn small_maps_are_enlarged_and_large_ones_shrunk() {
        let size = |geometry: &str, plan: Option<&Floorplan>| {
            let arrangement = Arrangement::new(geometry.parse().unwrap(), plan);
            (arrangement.width, arrangement.height)
        };
        assert_eq!(size("1x64x128", None), (1152, 576));
        for (width, height) in
            [size("32768x512x64", None), size("890x1024x8", Some(&Floorplan::grid(890, 7)))]
        {
            assert!((600..=WHOLE_CELLS_SIDE).contains(&width) && (600..=WHOLE_CELLS_SIDE).contains(&height));
        }
        assert_eq!([span(0, 10, 5), span(9, 10, 5), span(1, 2, 7)], [(0, 1), (4, 5), (3, 7)]);
    }
}
