//! A model in several files: of safetensors an index says which tensor lies in which file, and the files lie beside it; those of GGUF say
//! their number themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::{Tensor, WeightError, WeightFile};
use super::{Loading, MAX_HEADER_BYTES, gguf, safetensors};

/// How the names of indices end.
const INDEX: &str = ".safetensors.index.json";

/// Kinds of files that models lie in several of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Safetensors,
    Gguf,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Safetensors, Self::Gguf];

    /// How their names end.
    fn suffix(self) -> &'static str {
        match self {
            Self::Safetensors => ".safetensors",
            Self::Gguf => ".gguf",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| name.ends_with(kind.suffix()))
    }

    /// One of a model's files, and how many tensors it says that all of them have.
    fn open(self, path: &Path, loading: Loading) -> Result<(WeightFile, Option<u64>), WeightError> {
        match self {
            Self::Safetensors => Ok((safetensors::open(path, loading)?, None)),
            Self::Gguf => {
                let (file, part) = gguf::open(path, loading)?;
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                check_part(&name, part)
                    .map_err(|what| WeightError::Shards { path: path.to_owned(), what })?;
                Ok((file, part.and_then(|part| part.tensors)))
            }
        }
    }
}

/// What is known of an index.
#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// The model that an index is of.
pub(super) fn open_index(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let wrong = |what: String| WeightError::Shards { path: path.to_owned(), what };
    let Index { weight_map } = serde_json::from_slice(&read_index(path)?).map_err(|error| {
        wrong(format!("{error}, expected an object with `weight_map`, from tensors to files"))
    })?;
    let names: BTreeSet<&str> = weight_map.values().map(String::as_str).collect();
    if let Some(name) = names.iter().find(|name| !is_plain(name)) {
        return Err(wrong(format!("found the file `{name}`, expected the name of one beside it")));
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(name) = names.iter().find(|name| !folder.join(name).exists()) {
        return Err(wrong(format!(
            "the file {name}, in which it says that tensors lie, is missing beside it"
        )));
    }
    let (model, files) = open_all(path, names.iter().map(|name| folder.join(name)), loading)?;
    let lies_in: HashMap<&str, &str> =
        model.tensors().iter().map(|tensor| &*tensor.name).zip(files.iter().map(String::as_str)).collect();
    let is_wrong = |(name, file): &(&String, &String)| lies_in.get(&***name) != Some(&&***file);
    if let Some((tensor, file)) = weight_map.iter().find(is_wrong) {
        return Err(wrong(format!("it says that tensor {tensor} lies in {file}, where it is not")));
    }
    if let Some(tensor) = model.tensors().iter().find(|tensor| !weight_map.contains_key(&tensor.name)) {
        return Err(wrong(format!(
            "tensor {} lies in one of its files, but it does not say so",
            tensor.name
        )));
    }
    match loading {
        Loading::Read => Ok(model),
        // It is written with the others, as it is.
        Loading::Map => model.and_file(path),
    }
}

/// The model in a folder: that of its index, or of files that are numbered, or of the only one.
pub(super) fn open_folder(folder: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    let wrong = |what: String| WeightError::Shards { path: folder.to_owned(), what };
    let entries =
        fs::read_dir(folder).map_err(|source| WeightError::Read { path: folder.to_owned(), source })?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort_unstable();
    let indices: Vec<&String> = names.iter().filter(|name| name.ends_with(INDEX)).collect();
    match indices[..] {
        [index] => return open_index(&folder.join(index), loading),
        [first, second, ..] => {
            return Err(wrong(format!(
                "found several indices of models, {first} and {second}: give one of them"
            )));
        }
        [] => {}
    }
    names.retain(|name| Kind::of(name).is_some());
    let of_kind = |kind| names.iter().find(|name| Kind::of(name) == Some(kind));
    if let (Some(one), Some(other)) = (of_kind(Kind::Safetensors), of_kind(Kind::Gguf)) {
        return Err(wrong(format!(
            "found files of two kinds, {one} and {other}: give the one that is meant"
        )));
    }
    match &names[..] {
        [] => Err(wrong("found no file of weights in it (safetensors or GGUF): expected one".to_owned())),
        [only] if numbered(only).is_none_or(|of| of == (1, 1)) => super::open(&folder.join(only), loading),
        all => {
            check_numbers(all).map_err(wrong)?;
            open_all(folder, all.iter().map(|name| folder.join(name)), loading).map(|(model, _)| model)
        }
    }
}

/// The model of a GGUF file: it alone, or all files of which it says that it is the first.
pub(super) fn open_gguf(path: &Path, loading: Loading) -> Result<WeightFile, WeightError> {
    match gguf::open(path, loading)? {
        (_, Some(part)) if part.all > 1 => open_from(path, part, loading),
        (model, part) => check_whole(path, part).map(|()| model),
    }
}

/// The model of which a file is the first, as it says itself.
fn open_from(path: &Path, part: gguf::Part, loading: Loading) -> Result<WeightFile, WeightError> {
    let (number, all) = (part.number.saturating_add(1), part.all);
    let wrong = |what: String| WeightError::Shards { path: path.to_owned(), what };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    check_part(&name, Some(part)).map_err(wrong)?;
    let stem = stem(&name).unwrap_or_default();
    let suffix = Kind::of(&name).map_or("", Kind::suffix);
    let beside = |number: u32| path.with_file_name(format!("{stem}-{number:05}-of-{all:05}{suffix}"));
    if number != 1 {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let (first, folder) = (beside(1), folder.unwrap_or(Path::new(".")));
        return Err(wrong(format!(
            "it is file {number} of {all} of a model: give the first, {}, or their folder, {}",
            first.display(),
            folder.display()
        )));
    }
    if let Some(missing) = (1..=all).map(beside).find(|path| !path.exists()) {
        return Err(wrong(format!(
            "it is the first of {all} files of a model, and {} is missing",
            missing.display()
        )));
    }
    open_all(path, (1..=all).map(beside), loading).map(|(model, _)| model)
}

/// Checks that a GGUF which says nothing of other files, or that there are none, is not called one of several.
fn check_whole(path: &Path, part: Option<gguf::Part>) -> Result<(), WeightError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if numbered(&name).is_none_or(|(_, all)| all < 2) {
        return Ok(());
    }
    check_part(&name, part).map_err(|what| WeightError::Shards { path: path.to_owned(), what })
}

/// One model of all these files, and the name of the file of each of its tensors.
fn open_all(
    path: &Path,
    files: impl Iterator<Item = PathBuf>,
    loading: Loading,
) -> Result<(WeightFile, Vec<String>), WeightError> {
    let (mut tensors, mut mapped, mut metadata) = (Vec::<Tensor>::new(), Vec::new(), BTreeMap::new());
    let (mut lies_in, mut said) = (Vec::new(), None);
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (mut shard, all) = Kind::of(&name).unwrap_or(Kind::Safetensors).open(&file, loading)?;
        said = said.or(all);
        lies_in.resize(lies_in.len() + shard.tensors.len(), name);
        tensors.append(&mut shard.tensors);
        mapped.append(&mut shard.files);
        metadata.append(&mut shard.metadata);
    }
    if let Some(said) = said.filter(|&said| said != tensors.len() as u64) {
        let what = format!(
            "its files have {} tensors, and say that they have {said} (split.tensors.count)",
            tensors.len()
        );
        return Err(WeightError::Shards { path: path.to_owned(), what });
    }
    let model = WeightFile::new(tensors, metadata).lying_in(mapped);
    match model.twice() {
        Some(name) => {
            let what = format!("tensor {name} lies in two of its files");
            Err(WeightError::Shards { path: path.to_owned(), what })
        }
        None => Ok((model, lies_in)),
    }
}

fn read_index(path: &Path) -> Result<Vec<u8>, WeightError> {
    let failed = |source| WeightError::Read { path: path.to_owned(), source };
    let mut json = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_HEADER_BYTES + 1).read_to_end(&mut json).map_err(failed)?;
    if json.len() as u64 > MAX_HEADER_BYTES {
        let what = format!("found more than {MAX_HEADER_BYTES} bytes, expected an index of at most as many");
        return Err(WeightError::Shards { path: path.to_owned(), what });
    }
    Ok(json)
}

/// Whether it is the name of a file, without any folder.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

/// The number of a file and of how many, as in `model-00001-of-00002.safetensors`.
fn numbered(name: &str) -> Option<(u32, u32)> {
    let (rest, all) = name.strip_suffix(Kind::of(name)?.suffix())?.rsplit_once("-of-")?;
    let (_, number) = rest.rsplit_once('-')?;
    Some((number.parse().ok()?, all.parse().ok()?))
}

/// What stands before the number.
fn stem(name: &str) -> Option<&str> {
    Some(name.rsplit_once("-of-")?.0.rsplit_once('-')?.0)
}

/// Checks that a file of GGUF is of the number that its name says.
fn check_part(name: &str, part: Option<gguf::Part>) -> Result<(), String> {
    let of_name = numbered(name);
    let of_file = part.map(|part| (part.number.saturating_add(1), part.all));
    match (of_name, of_file) {
        (Some(of_name), Some(of_file)) if of_name == of_file => Ok(()),
        (_, Some((number, all))) => Err(format!(
            "it says that it is file {number} of {all} of a model, expected the name …-{number:05}-of-{all:05}.gguf, and the others beside it"
        )),
        (_, None) => {
            let what = "it does not say that it is one of several files of a model (split.no): give it another name if it is whole";
            Err(what.to_owned())
        }
    }
}

/// Checks that several files are all those of one model.
fn check_numbers(names: &[String]) -> Result<(), String> {
    let first = &names[0];
    let Some((_, all)) = numbered(first).filter(|_| names.iter().all(|name| numbered(name).is_some())) else {
        let count = names.len();
        return Err(format!(
            "found {count} files of weights without an index (…{INDEX}): give the one that is meant, such as {first}"
        ));
    };
    if let Some(other) =
        names.iter().find(|name| stem(name) != stem(first) || numbered(name).is_none_or(|of| of.1 != all))
    {
        return Err(format!("found files of two models, such as {first} and {other}: expected those of one"));
    }
    let there: BTreeSet<u32> = names.iter().filter_map(|name| Some(numbered(name)?.0)).collect();
    match (1..=all).find(|number| !there.contains(number)) {
        Some(missing) => Err(format!("the file of number {missing} of {all} is missing beside {first}")),
        None if there.len() as u32 != all => {
            Err(format!("found other numbers than 1 to {all} beside {first}"))
        }
        None => Ok(()),
    }
}
