//! Makes virtual chips from recipes.
//!
//! # The model
//! Each cell has a critical voltage Vc and one direction of failure. At voltage V it flips with probability
//! Φ((Vc − V)/σ): the read noise σ explains why measured flip probabilities are bimodal, most cells being far above or
//! far below the voltage in terms of σ. Behind Vc stands a latent normal variable x = √ρ·(column) + √(1 − ρ)·(cell): ρ,
//! the column correlation, makes weak columns. The larger x, the higher Vc; the exact relation is chosen so that the
//! mean flip probability of the chip follows the recipe's curve:
//!
//! 1. [`Marginal`]: the share S(v) of cells with Vc > v such that ∫ Φ((v − V)/σ) (−dS(v)) is the rate asked for at V.
//! 2. [`Ranks`]: the share of cells with a latent variable above x, given the columns that this chip has drawn. So
//!    the chip's rates differ from the curve only by the binomial noise of its cells, not by the luck of its columns.
//!
//! Everything is computed with `libm`, so a recipe gives the same bytes on every platform.

mod marginal;
mod ranks;

use flip_core::{FaultKind, Purpose, Stream};

use self::marginal::Marginal;
use self::ranks::Ranks;
use crate::geometry::Floorplan;
use crate::normal;
use crate::profile::{Content, CriticalCell, ProfileDraft, Provenance};
use crate::recipe::{Direction, Recipe, RecipeError};
use crate::voltage::Voltage;

/// Version of the synthesis: it changes when the same recipe begins to give another chip.
pub const SYNTHESIS_VERSION: u32 = 1;

const COLUMNS: Purpose = Purpose::named("sram-model synthesis columns");
const COLUMN_DIRECTIONS: Purpose = Purpose::named("sram-model synthesis column directions");
const CELLS: Purpose = Purpose::named("sram-model synthesis cells");
const CELL_DIRECTIONS: Purpose = Purpose::named("sram-model synthesis cell directions");

/// Makes the chip of a recipe. `recipe_file` is the recipe as it was read, for the provenance.
///
/// # Errors
/// [`RecipeError`] if the recipe makes no sense.
pub fn synthesise(recipe_file: &str) -> Result<ProfileDraft, RecipeError> {
    let recipe = Recipe::parse(recipe_file)?;
    let geometry = recipe.geometry()?;
    let columns = Columns::draw(&recipe);
    let [ones, zeros] =
        [FaultKind::ReadsOne, FaultKind::ReadsZero].map(|kind| columns.critical_voltages(&recipe, kind));

    let mut cells = Vec::new();
    let own = libm::sqrt(1.0 - recipe.column_correlation);
    for bank in 0..u64::from(geometry.banks()) {
        let mut normals = Normals::new(Stream::new(recipe.seed, CELLS, bank));
        let mut coins = Stream::new(recipe.seed, CELL_DIRECTIONS, bank);
        for index in 0..geometry.cells_per_bank() {
            let column = bank * u64::from(geometry.columns()) + index % u64::from(geometry.columns());
            let latent = columns.shared[column as usize] + own * normals.next();
            let kind = columns.direction(column, &recipe, &mut coins);
            let law = if kind == FaultKind::ReadsOne { &ones } else { &zeros };
            if let Some(critical) = law.of(latent) {
                cells.push(CriticalCell { cell: bank * geometry.cells_per_bank() + index, critical, kind });
            }
        }
    }

    let provenance = Provenance {
        licence: "MIT OR Apache-2.0".to_owned(),
        // Not the program's version: the same recipe gives the same bytes for as long as the synthesis does.
        made_by: format!("sram-sim synthesis {SYNTHESIS_VERSION}"),
        notes: vec![format!("synthesised with seed {} from the recipe:\n{recipe_file}", recipe.seed)],
        ..Provenance::new(recipe.source.clone())
    };
    Ok(ProfileDraft {
        name: recipe.name.clone(),
        unit: recipe.unit,
        geometry,
        floorplan: Some(Floorplan::grid(geometry.banks(), recipe.arrays.banks_per_row)),
        vmin: Some(recipe.curve[0].voltage),
        content: Content::Critical {
            voltages: recipe.curve.iter().map(|point| point.voltage).collect(),
            read_noise: recipe.read_noise,
            flip_floor: recipe.flip_floor,
            cells,
        },
        provenance,
    })
}

/// What the columns of a chip have drawn.
struct Columns {
    /// √ρ · normal number, for each column of each bank.
    shared: Vec<f64>,
    /// The kind of each column, if columns have one.
    kinds: Option<Vec<FaultKind>>,
}

impl Columns {
    fn draw(recipe: &Recipe) -> Self {
        let weight = libm::sqrt(recipe.column_correlation);
        let shared: Vec<f64> = (0..recipe.arrays.banks)
            .flat_map(|bank| {
                let mut normals = Normals::new(Stream::new(recipe.seed, COLUMNS, bank));
                (0..recipe.arrays.columns).map(move |_| weight * normals.next())
            })
            .collect();
        let kinds = (recipe.direction == Direction::Column).then(|| column_kinds(recipe, shared.len()));
        Self { shared, kinds }
    }

    fn direction(&self, column: u64, recipe: &Recipe, coins: &mut Stream) -> FaultKind {
        match &self.kinds {
            Some(kinds) => kinds[column as usize],
            None if coins.next_unit() < recipe.share_0to1 => FaultKind::ReadsOne,
            None => FaultKind::ReadsZero,
        }
    }

    /// The critical voltages of the cells that fail in one direction.
    fn critical_voltages(&self, recipe: &Recipe, kind: FaultKind) -> CriticalVoltages {
        let of_kind = |column: &usize| self.kinds.as_ref().is_none_or(|kinds| kinds[*column] == kind);
        let shared: Vec<f64> =
            (0..self.shared.len()).filter(of_kind).map(|column| self.shared[column]).collect();
        let share_of_cells = match (&self.kinds, kind) {
            (Some(_), _) => shared.len() as f64 / self.shared.len() as f64,
            (None, FaultKind::ReadsOne) => recipe.share_0to1,
            (None, _) => 1.0 - recipe.share_0to1,
        };
        let rates: Vec<(f64, f64)> = recipe
            .curve
            .iter()
            .map(|point| {
                let rate = if kind == FaultKind::ReadsOne { point.p_0to1 } else { point.p_1to0 };
                (point.voltage.get(), rate / share_of_cells)
            })
            .collect();
        let reach = recipe.read_noise * normal::upper_quantile(recipe.flip_floor);
        CriticalVoltages {
            marginal: Marginal::solve(&rates, recipe.read_noise, recipe.flip_floor),
            ranks: Ranks::new(&shared, libm::sqrt(1.0 - recipe.column_correlation)),
            lowest: rates[rates.len() - 1].0 - reach,
        }
    }
}

/// Deals the columns out to the two directions, exactly in the recipe's shares, in random order.
fn column_kinds(recipe: &Recipe, columns: usize) -> Vec<FaultKind> {
    let ones = libm::round(recipe.share_0to1 * columns as f64) as usize;
    let mut kinds = vec![FaultKind::ReadsZero; columns];
    kinds[..ones.min(columns)].fill(FaultKind::ReadsOne);
    let mut stream = Stream::new(recipe.seed, COLUMN_DIRECTIONS, 0);
    for last in (1..columns).rev() {
        kinds.swap(last, (stream.next_unit() * (last + 1) as f64) as usize);
    }
    kinds
}

/// From a latent variable to a critical voltage.
struct CriticalVoltages {
    marginal: Marginal,
    ranks: Ranks,
    /// Cells below this never flip in the profile's range.
    lowest: f64,
}

impl CriticalVoltages {
    fn of(&self, latent: f64) -> Option<Voltage> {
        let critical = self.marginal.voltage(self.ranks.share_above(latent))?;
        if critical < self.lowest { None } else { Voltage::new(critical).ok() }
    }
}

/// Normal numbers by the method of Box and Muller (1958), two at a time.
struct Normals {
    stream: Stream,
    spare: Option<f64>,
}

impl Normals {
    fn new(stream: Stream) -> Self {
        Self { stream, spare: None }
    }

    fn next(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 − u lies in (0, 1], where the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.stream.next_unit()));
        let angle = 2.0 * std::f64::consts::PI * self.stream.next_unit();
        self.spare = Some(radius * libm::sin(angle));
        radius * libm::cos(angle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_have_mean_0_variance_1_and_the_right_tail() {
        let mut normals = Normals::new(Stream::new(1, CELLS, 0));
        let draws: Vec<f64> = (0..200_000).map(|_| normals.next()).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / n;
        let tail = draws.iter().filter(|&&x| x > 2.0).count() as f64 / n;
        assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.02 && (tail - 0.02275).abs() < 0.002);
    }
}
