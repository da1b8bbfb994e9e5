//! The memory: voltages, geometry, cells, fault maps, and the profiles of real and virtual chips.
//!
//! * [`Profile`]: what is known of one chip, opened from a file (`.sfp`) or from those that come with the program
//!   ([`STORED`]); [`Profile::at`] gives the [`FaultMap`] at a voltage.
//! * [`Geometry`], [`Floorplan`], [`Voltage`], [`FlipProbability`]: its parts.
//! * [`import`]: profiles from a tester's dumps and fail logs, and from maps of flip probabilities; [`interchange`]: profiles as CSV.
//! * [`npy`]: files of `NumPy` arrays.
//! * [`Model`]: what virtual chips are drawn from; [`Synthesiser`] draws them.
//! * [`MapStatistics`]: how faults lie together, against independent cells; [`Inclusion`] and [`fit_probit`] over voltages.
//! * [`population()`]: how low a voltage virtual chips tolerate; [`Spares`]: repair by spare lines.
//! * [`summarise`]: the numbers to know of a fault map. [`relative_energy`]: what lower voltage saves.
//!
//! Words are those of Stutz et al., "Bit Error Robustness for Energy-Efficient DNN Accelerators" (MLSys 2021).

mod bytes;
mod counts;
mod energy;
mod fault;
mod file;
mod fit;
mod geometry;
pub mod import;
pub mod interchange;
mod march;
mod model;
mod normal;
pub mod npy;
mod population;
mod profile;
mod spares;
mod stats;
mod summary;
mod synth;
mod twin;
mod voltage;

pub use energy::relative_energy;
pub use fault::{
    CellFault, Direction, FaultMap, FaultMapError, FaultRates, FlipProbability, PERSISTENT_FROM, changes,
    flip_bin,
};
pub use file::{Abandoned, Target, TemporaryFile, abandon_partial_files, is_at, write_atomically};
pub use fit::{FitError, FitProgress, FitStage, fit, fit_watched};
pub use geometry::{CellAddress, Floorplan, Geometry, GeometryError};
pub use march::{March, MarchCounts, MarchError, MarchResult, NAMED_MARCHES, NamedMarch};
pub use model::{
    Arrays, CurvePoint, DirectionUnit, Directions, FitNotes, Law, MODEL_FORMAT, Model, ModelError,
    Prediction, Rates, Shared, Temperature,
};
pub use population::{PopulationChip, PopulationOptions, population};
pub use profile::{
    Between, Content, ContentKind, CriticalCell, CriticalContent, CriticalKind, DraftError, FormatError,
    FormatErrorKind, InputFile, Profile, ProfileDraft, ProfileError, ProfileInfo, Provenance, STORED,
    StoredProfile, Sweep, format,
};
pub use spares::{BankLines, ReplacedLines, Spares};
pub use stats::{
    Autocorrelation, Dispersion, EqualityMethod, EqualityTest, Halves, Inclusion, MapStatistics, Neighbour,
    NeighbourFaults, ProbitFit, Proportion, RowBit, Unit, WordFaults, correct_for_many, equality_tests,
    fit_probit, hamming_distance, powerup_ones,
};
pub use summary::{LineCount, Summary, WORST, summarise};
pub use synth::{SYNTHESIS_VERSION, Synthesiser, VirtualChip, seeds, synthesise};
pub use twin::{TwinError, TwinStatistic, TwinTest, twin_test};
pub use voltage::{QuantifiedVoltage, Voltage, VoltageError, VoltageUnit};
