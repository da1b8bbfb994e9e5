//! Chips of a campaign: looked at before the work, opened or made when it is their turn, one at a time.
//!
//! A model is read once for all its chips, and its law is solved once. What all of them have in common is known without
//! making any.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use cli_io::{Files, InputPath, shown};
use sram_model::{Geometry, Profile, StoredProfile, Synthesiser};

use super::name::{ChipName, Meaning, Model as Source};
use super::{ModelFile, no_profile, parse_seed, unknown};
use crate::progress;

/// A chip that is opened when it is its turn.
#[derive(Debug)]
pub struct Chip {
    typed: ChipName,
    identity: ChipIdentity,
    found: Kept,
    number: usize,
    turn: Turn,
}

/// The chip whose turn it is, of those that were named together.
type Turn = Rc<RefCell<Option<(usize, Rc<Profile>)>>>;

/// Which chip: names that mean the same one, such as `A` and `stored:A`, have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChipIdentity(Of, Option<u64>);

/// A file or something stored; with a seed, it is a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    Stored(&'static str),
    File(PathBuf),
}

#[derive(Debug)]
enum Kept {
    /// Through a pipe it came once.
    Open(Rc<Profile>),
    Closed(Closed),
}

/// What a chip's name stands for.
pub(super) enum Found {
    Open(Box<Profile>),
    Closed(Closed),
}

/// A chip that can be opened, again and again.
#[derive(Debug)]
pub(super) enum Closed {
    Stored(StoredProfile),
    File { typed: InputPath, path: PathBuf, stamp: Stamp },
    OfModel { maker: Rc<Maker>, seed: u64, typed: ChipName },
}

/// Length and time of a file: of one that is changed, one of the two differs.
type Stamp = Option<(u64, SystemTime)>;

/// What a chip is known to be before it is made.
#[derive(Debug)]
pub struct Outline {
    /// The chip's own name.
    pub name: String,
    /// A profile that says all of itself that the chip's says, but for the name; of chips of models it has no cells.
    pub profile: Rc<Profile>,
}

/// A model whose chips are made.
#[derive(Debug)]
pub(super) struct Maker {
    file: ModelFile,
    geometry: Geometry,
    synthesiser: OnceCell<Synthesiser>,
    outline: OnceCell<Rc<Profile>>,
}

/// Models that were read.
#[derive(Default)]
pub(super) struct Models(HashMap<Of, Rc<Maker>>);

/// The chips of these names. None is made, and of files none is opened but pipes.
pub fn several(names: Vec<ChipName>, files: &Files) -> Result<Vec<Chip>> {
    let (mut models, turn) = (Models::default(), Turn::default());
    let chip = |(number, typed): (usize, ChipName)| {
        let (identity, found) = models.find(&typed, files)?;
        let found = match found {
            Found::Open(profile) => Kept::Open(Rc::new(*profile)),
            Found::Closed(closed) => Kept::Closed(closed),
        };
        Ok(Chip { typed, identity, found, number, turn: Rc::clone(&turn) })
    };
    names.into_iter().enumerate().map(chip).collect()
}

impl Chip {
    /// As typed.
    pub fn typed(&self) -> &ChipName {
        &self.typed
    }

    /// Which chip it is.
    pub fn identity(&self) -> &ChipIdentity {
        &self.identity
    }

    /// What is known of it before it is made.
    pub fn outline(&self) -> Result<Outline> {
        let profile = match &self.found {
            Kept::Closed(Closed::OfModel { maker, seed, typed }) => {
                return Ok(Outline { name: maker.file.name_of(*seed, None), profile: maker.outline(typed)? });
            }
            Kept::Open(profile) => Rc::clone(profile),
            Kept::Closed(closed) => Rc::new(closed.open()?),
        };
        Ok(Outline { name: profile.info().name.clone(), profile })
    }

    /// The chip, opened or made. It is kept until the turn of another one of those that were named together.
    pub fn profile(&self) -> Result<Rc<Profile>> {
        let closed = match &self.found {
            Kept::Open(profile) => return Ok(Rc::clone(profile)),
            Kept::Closed(closed) => closed,
        };
        if let Some((number, profile)) = &*self.turn.borrow()
            && *number == self.number
        {
            return Ok(Rc::clone(profile));
        }
        // The other one goes before this one takes memory.
        self.turn.take();
        let profile = Rc::new(closed.open()?);
        self.turn.replace(Some((self.number, Rc::clone(&profile))));
        Ok(profile)
    }
}

impl Models {
    /// What a chip's name stands for.
    pub(super) fn find(&mut self, typed: &ChipName, files: &Files) -> Result<(ChipIdentity, Found)> {
        match typed.meaning()? {
            Some(Meaning::Stored(stored)) => {
                // It is the chip of its recipe's own seed.
                let (of, maker) = self.maker(&Source::Stored(stored), files)?;
                let identity = ChipIdentity(of, Some(maker.file.model.seed));
                Ok((identity, Found::Closed(Closed::Stored(stored))))
            }
            Some(Meaning::File(path)) if path.has_extension("toml") && path.is_file() => {
                // A model by itself is its chip of its own seed.
                self.of_model(&Source::File(path), None, typed, files)
            }
            Some(Meaning::File(path)) => {
                let identity = ChipIdentity(Of::File(path.resolved()), None);
                Ok((identity, find_file(path, files)?))
            }
            Some(Meaning::Chip(source, seed)) => {
                self.of_model(&source, Some(parse_seed(&seed, typed)?), typed, files)
            }
            None => Err(unknown(typed)),
        }
    }

    fn of_model(
        &mut self,
        source: &Source,
        seed: Option<u64>,
        typed: &ChipName,
        files: &Files,
    ) -> Result<(ChipIdentity, Found)> {
        let (of, maker) = self.maker(source, files)?;
        let seed = seed.unwrap_or(maker.file.model.seed);
        let closed = Closed::OfModel { maker, seed, typed: typed.clone() };
        Ok((ChipIdentity(of, Some(seed)), Found::Closed(closed)))
    }

    fn maker(&mut self, source: &Source, files: &Files) -> Result<(Of, Rc<Maker>)> {
        let of = match source {
            Source::Stored(stored) => Of::Stored(stored.name),
            Source::File(path) => Of::File(path.resolved()),
        };
        if let Some(maker) = self.0.get(&of) {
            return Ok((of, Rc::clone(maker)));
        }
        let maker = Rc::new(Maker::new(ModelFile::of(source, files)?)?);
        self.0.insert(of.clone(), Rc::clone(&maker));
        Ok((of, maker))
    }
}

/// What is no file, such as a pipe, is read at once and once.
fn find_file(typed: InputPath, files: &Files) -> Result<Found> {
    if !typed.is_file() {
        return Ok(Found::Open(Box::new(Profile::open(files.input(&typed)?)?)));
    }
    let path = files.input(&typed)?.to_owned();
    let stamp = stamp(&path);
    Ok(Found::Closed(Closed::File { typed, path, stamp }))
}

fn stamp(path: &std::path::Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
}

impl Closed {
    pub(super) fn open(&self) -> Result<Profile> {
        match self {
            Self::Stored(stored) => Ok(stored.open()?),
            Self::OfModel { maker, seed, typed } => maker.make(*seed, typed),
            Self::File { typed, path, stamp: before } => {
                ensure!(stamp(path) == *before, "{typed} was changed while it was in use: begin anew");
                Profile::open(path).map_err(|error| no_profile(typed, path, error))
            }
        }
    }
}

impl Maker {
    fn new(file: ModelFile) -> Result<Self> {
        let geometry = file.model.geometry()?;
        Ok(Self { file, geometry, synthesiser: OnceCell::new(), outline: OnceCell::new() })
    }

    fn synthesiser(&self) -> &Synthesiser {
        self.synthesiser.get_or_init(|| {
            // A curve of thousands of points takes seconds.
            let bar = progress::busy(format!("solving {}", shown(&self.file.model.name)));
            let synthesiser = Synthesiser::new(&self.file.model);
            bar.finish_and_clear();
            synthesiser
        })
    }

    /// What the model's chips have in common, called by the first that asks.
    fn outline(&self, typed: &ChipName) -> Result<Rc<Profile>> {
        if let Some(outline) = self.outline.get() {
            return Ok(Rc::clone(outline));
        }
        // That no memory holds such chips is told before anything runs.
        self.synthesiser().check(self.geometry, None).with_context(|| typed.to_string())?;
        let outline = Rc::new(self.file.outline(self.geometry, &typed.to_string(), None)?);
        Ok(Rc::clone(self.outline.get_or_init(|| outline)))
    }

    fn make(&self, seed: u64, typed: &ChipName) -> Result<Profile> {
        let draft = self.file.chip(self.synthesiser(), self.geometry, seed, None)?;
        Ok(Profile::from_bytes(draft.encode()?, &typed.to_string())?)
    }
}

#[cfg(test)]
mod tests;
