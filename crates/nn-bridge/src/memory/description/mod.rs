//! What a memory is, as data: the file `memory.toml`.

mod error;
mod lines;
mod planes;
mod text;

pub use self::error::DescriptionError;
pub use self::planes::{Planes, PlanesError};

use self::lines::Lines;
use serde::{Deserialize, Serialize};
use sram_model::Voltage;

use super::killi::{Eviction, MAX_WAYS};
use super::layout::{LayoutSpec, Outgrown};

/// Version of the file's format.
pub const MEMORY_FORMAT: u32 = 1;

/// A memory: regions, of which each stored bit lies in exactly one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Version of the format.
    pub format: u32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its regions.
    #[serde(rename = "region")]
    pub regions: Vec<RegionDescription>,
    /// Where in a file they stand.
    #[serde(skip)]
    lines: Lines,
}

/// Cells and what lies in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegionDescription {
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Patterns of the names of its tensors; none for all tensors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tensors: Vec<String>,
    /// Which bits of their weights.
    #[serde(skip_serializing_if = "is_default")]
    pub planes: Planes,
    /// Bits of each of these weights, where not as asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// Their quantisation scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Weights are clipped to ± this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// The chip, if it is not the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip: Option<String>,
    /// The voltage, if it is not the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage: Option<Voltage>,
    /// What is added to the voltage that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boost: Option<f64>,
    /// Random bit errors at this rate in place of a chip's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Its cells never fail.
    #[serde(skip_serializing_if = "is_default")]
    pub safe: bool,
    /// Planes in cells that never fail, beside the others in the same rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<Planes>,
    /// Banks of the chip: first, and after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banks: Option<[u32; 2]>,
    /// Cell, among those of its banks, of the first bit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// How bits lie in words and cells.
    #[serde(skip_serializing_if = "is_default")]
    pub layout: LayoutSpec,
    /// Bits of a memory word without a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<u32>,
    /// What happens if it is longer than the chip.
    #[serde(skip_serializing_if = "is_default")]
    pub outgrown: Outgrown,
    /// The word code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Finds single wrong bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detector: Option<Detector>,
    /// Lines whose faults are found by reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killi: Option<Lines64>,
    /// What becomes of what was found to be wrong.
    #[serde(skip_serializing_if = "is_default")]
    pub on_detected: OnDetected,
    /// Spare rows of each bank.
    #[serde(skip_serializing_if = "is_default")]
    pub spare_rows: u32,
    /// Spare columns of each bank.
    #[serde(skip_serializing_if = "is_default")]
    pub spare_columns: u32,
    /// Words, or lines of words, with so many faulty cells or more are not used; what would lie there lies in the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_from: Option<u32>,
    /// Words of a line that is not used as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_line: Option<u32>,
    /// Words are stored inverted where that makes faulty cells agree with the data.
    #[serde(skip_serializing_if = "is_default")]
    pub invert_words: bool,
    /// So many words, the worst that are left, come from a small memory that does not fail.
    #[serde(skip_serializing_if = "is_default")]
    pub patch_words: u32,
    /// Energy of an access, relative to that of a plain cell at the same voltage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_energy: Option<f64>,
    /// Area of a cell, relative to that of a plain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_area: Option<f64>,
}

/// What finds out which single bits are wrong (Reagen et al., "Minerva", ISCA 2016).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Detector {
    /// A list of the faulty cells, as profiled: each of their bits is flagged in every read, wrong or not.
    Profile {},
    /// Circuits at each column that sample twice, as Razor does.
    Razor {
        /// The probability that a wrong bit is flagged.
        #[serde(default = "one")]
        detection: f64,
        /// The probability that a right bit is flagged.
        #[serde(default)]
        false_alarm: f64,
    },
}

/// Lines of 64 bytes whose faults are found while memory is read, see [`killi`](super::killi). Each read of the memory stands for so
/// many reads of its lines after the voltage was set, of which the last is what the network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lines64 {
    /// Lines for each entry of the ECC cache; 0 for no such cache.
    pub lines_per_entry: u32,
    /// Entries of a set of the ECC cache.
    pub ways: u32,
    /// What becomes of a line that loses its entry.
    pub eviction: Eviction,
    /// Reads of the lines, the first of which loads them.
    pub reads: u32,
}

impl Default for Lines64 {
    fn default() -> Self {
        Self { lines_per_entry: 16, ways: 4, eviction: Eviction::Classify, reads: 4 }
    }
}

fn one() -> f64 {
    1.0
}

/// What becomes of a word that a code found to be wrong, or of bits that a detector flagged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDetected {
    /// It is used as it was read.
    #[default]
    Keep,
    /// All weights with a bit in the word become 0 (of codes that have no 0: the code nearest to it).
    ZeroWord,
    /// The weights with a flagged bit become 0; of a code all weights with a bit in the word. Minerva's word masking.
    ZeroWeights,
    /// Flagged bits become the sign bit; a weight whose sign bit is flagged becomes 0, and so does any flagged weight of codes
    /// that are no two's complement. Minerva's bit masking.
    MaskBits,
    /// The word is read again, from memory that does not fail.
    Reread,
}

impl OnDetected {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::ZeroWord => "zero-word",
            Self::ZeroWeights => "zero-weights",
            Self::MaskBits => "mask-bits",
            Self::Reread => "reread",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Description {
    /// One region with everything, in the image's own order, without protection.
    fn default() -> Self {
        Self::of_region(RegionDescription::default())
    }
}

impl Description {
    /// One region.
    pub fn of_region(region: RegionDescription) -> Self {
        Self { format: MEMORY_FORMAT, name: String::new(), regions: vec![region], lines: Lines::default() }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`DescriptionError`] with line and key for what cannot be read.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let mut description: Self =
            toml::from_str(text).map_err(|error| DescriptionError::toml(text, &error))?;
        description.lines = Lines::of(text);
        description.check()?;
        Ok(description)
    }

    /// The name of a region in messages.
    pub fn region_name(&self, region: usize) -> String {
        match self.regions.get(region).map(|region| region.name.as_str()) {
            Some("") | None if self.regions.len() == 1 => "the memory".to_owned(),
            Some("") | None => format!("region {region}"),
            Some(name) => format!("region {region} ({name})"),
        }
    }

    /// The same with the line in its file, if it comes from one.
    pub fn region_place(&self, region: usize) -> String {
        let line = self.lines.of_region(region);
        line.map_or_else(String::new, |line| format!("line {line}, ")) + &self.region_name(region)
    }

    /// What can be wrong whatever the weights are.
    fn check(&self) -> Result<(), DescriptionError> {
        if self.format != MEMORY_FORMAT {
            return Err(DescriptionError::Format { found: self.format });
        }
        if self.regions.is_empty() {
            return Err(DescriptionError::NoRegions);
        }
        for (number, region) in self.regions.iter().enumerate() {
            region.check().map_err(|(key, found, expected)| DescriptionError::Key {
                region: match self.lines.of_key(number, key) {
                    Some(line) => format!("line {line}, {}", self.region_name(number)),
                    None => self.region_name(number),
                },
                key,
                found,
                expected,
            })?;
        }
        Ok(())
    }
}

/// A key, what was found there, and what was expected.
type Wrong = (&'static str, String, &'static str);

impl RegionDescription {
    fn check(&self) -> Result<(), Wrong> {
        self.check_cells()?;
        self.check_numbers()?;
        let has_code = self.code.is_some();
        if has_code && self.detector.is_some() {
            return Err(("detector", "beside a code".to_owned(), "one of both"));
        }
        if let Some(killi) = self.killi {
            if has_code || self.detector.is_some() || self.on_detected != OnDetected::Keep {
                let found = "beside `code`, `detector` or `on_detected`".to_owned();
                return Err((
                    "killi",
                    found,
                    "none of them: lines have codes of their own, and are read again",
                ));
            }
            if self.word.is_some() || self.invert_words {
                return Err((
                    "killi",
                    "beside `word` or `invert_words`".to_owned(),
                    "neither: lines have 64 bytes",
                ));
            }
            if !(1..=MAX_WAYS).contains(&killi.ways) || !(2..=64).contains(&killi.reads) {
                let found = format!("ways = {}, reads = {}", killi.ways, killi.reads);
                return Err((
                    "killi",
                    found,
                    "1 to 64 ways, and 2 to 64 reads, the first of which loads the lines",
                ));
            }
        }
        if !has_code && self.detector.is_none() && self.on_detected != OnDetected::Keep {
            let found = format!("{} without a code or detector", self.on_detected.name());
            return Err(("on_detected", found, "`code` or `detector`, which find what is wrong"));
        }
        if has_code && self.on_detected == OnDetected::MaskBits {
            let found = "mask-bits of a code, which finds words".to_owned();
            return Err(("on_detected", found, "a detector, which finds bits"));
        }
        if has_code && self.invert_words {
            let found = "beside a code".to_owned();
            return Err(("invert_words", found, "no code: check bits of inverted words would be others"));
        }
        if has_code && self.word.is_some() {
            return Err(("word", "beside a code".to_owned(), "no `word`: the code says how long words are"));
        }
        Ok(())
    }

    /// Cells are of one kind.
    fn check_cells(&self) -> Result<(), Wrong> {
        let of_chip = [
            ("chip", self.chip.is_some()),
            ("voltage", self.voltage.is_some()),
            ("boost", self.boost.is_some()),
        ];
        let of_chip = of_chip.into_iter().find_map(|(key, is_there)| is_there.then_some(key));
        let kinds = [of_chip, self.rate.map(|_| "rate"), self.safe.then_some("safe")];
        let mut kinds = kinds.into_iter().flatten();
        if let (Some(one), Some(other)) = (kinds.next(), kinds.next()) {
            return Err((other, format!("beside `{one}`"), "one of chip and voltage, rate, safe"));
        }
        if self.voltage.is_some() && self.boost.is_some() {
            return Err(("boost", "beside `voltage`".to_owned(), "one of both"));
        }
        if self.chip.is_some() && self.voltage.is_none() && self.boost.is_none() {
            return Ok(());
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Wrong> {
        let wrong = |key, found: &dyn ToString, expected| Err((key, found.to_string(), expected));
        if let Some(rate) = self.rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return wrong("rate", &rate, "a rate from 0 to 1");
        }
        if let Some(boost) = self.boost.filter(|boost| !(boost.is_finite() && boost.abs() < 100.0)) {
            return wrong("boost", &boost, "a voltage");
        }
        for (key, factor) in [("access_energy", self.access_energy), ("cell_area", self.cell_area)] {
            if let Some(factor) = factor.filter(|factor| !(factor.is_finite() && *factor > 0.0)) {
                return wrong(key, &factor, "a number above 0");
            }
        }
        if let Some(Detector::Razor { detection, false_alarm }) = self.detector
            && ![detection, false_alarm].iter().all(|share| (0.0..=1.0).contains(share))
        {
            let found = format!("detection {detection}, false_alarm {false_alarm}");
            return wrong("detector", &found, "probabilities from 0 to 1");
        }
        if let Some([first, end]) = self.banks.filter(|[first, end]| first >= end) {
            return wrong("banks", &format!("[{first}, {end}]"), "the first bank and the one after the last");
        }
        if self.disable_line.is_some() && self.disable_from.is_none() {
            return wrong(
                "disable_line",
                &"no `disable_from`",
                "both: from how many faulty cells on, and of how many words",
            );
        }
        for (key, number) in [("disable_from", self.disable_from), ("disable_line", self.disable_line)] {
            if number == Some(0) {
                return wrong(key, &0, "1 or more");
            }
        }
        if let Some(word) = self.word.filter(|word| !(1..=1 << 16).contains(word)) {
            return wrong("word", &word, "1 to 65536 bits");
        }
        Ok(())
    }
}
