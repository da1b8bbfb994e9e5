//! Charts, drawn alike as SVG and as PNG.

use std::sync::Once;

use anyhow::{Context, Result, anyhow};
use cli_io::{Output, cut, harmless, shown};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

pub const BLUE: RGBColor = RGBColor(30, 90, 170);
pub const ORANGE: RGBColor = RGBColor(215, 110, 20);
pub const GREY: RGBColor = RGBColor(120, 120, 120);
pub const LIGHT: RGBColor = RGBColor(225, 225, 225);

/// Something to draw.
pub trait Chart {
    /// Width and height in pixels.
    fn size(&self) -> (u32, u32) {
        (760, 460)
    }

    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>
    where
        B::ErrorType: 'static;
}

/// A name in a chart, which has no room for long ones.
pub fn label(name: &str) -> String {
    cut(&shown(name), 60)
}

/// The result of drawing.
pub type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Writes a chart as SVG or PNG, as the name of the file says.
pub fn write(chart: &impl Chart, output: &Output) -> Result<()> {
    static FONT: Once = Once::new();
    // Texts are set in a font of the program's own, so that charts are the same everywhere.
    FONT.call_once(|| {
        let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
    let bytes = if output.has_extension("png") { png(chart)? } else { svg(chart)?.into_bytes() };
    Ok(output.write_bytes(&bytes)?)
}

fn svg(chart: &impl Chart) -> Result<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, chart.size()).into_drawing_area();
        drawn(area.fill(&WHITE))?;
        drawn(chart.draw(&area))?;
        drawn(area.present())?;
    }
    // Names with control characters would make no XML.
    Ok(harmless(&text))
}

fn png(chart: &impl Chart) -> Result<Vec<u8>> {
    let (width, height) = chart.size();
    let mut pixels = vec![0; 3 * width as usize * height as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        drawn(area.fill(&WHITE))?;
        drawn(chart.draw(&area))?;
        drawn(area.present())?;
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .add_itxt_chunk("Software".to_owned(), concat!("sram-sim ", env!("CARGO_PKG_VERSION")).to_owned())?;
    let mut writer = encoder.write_header().context("cannot encode the chart")?;
    writer.write_image_data(&pixels).context("cannot encode the chart")?;
    writer.finish()?;
    Ok(bytes)
}

fn drawn<E: std::error::Error + Send + Sync>(result: Result<(), DrawingAreaErrorKind<E>>) -> Result<()> {
    result.map_err(|error| anyhow!("cannot draw the chart: {error}"))
}
