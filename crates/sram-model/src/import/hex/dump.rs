//! Reads hex dumps.

use std::path::{Path, PathBuf};

use super::super::{ImportError, Place, file_name, read};
use super::HexOptions;
use crate::profile::InputFile;
use crate::voltage::Voltage;

/// The faults of one dump.
pub(super) struct Dump {
    pub(super) voltage: Voltage,
    pub(super) input: InputFile,
    /// Words of the dump.
    pub(super) words: u64,
    /// Number of each word that differs from what was written, and the bits in which it does.
    pub(super) faulty_words: Vec<(u64, u64)>,
}

const EXTENSIONS: [&str; 4] = ["bin", "hex", "txt", "dump"];

/// Reads all dumps of a folder, at least one; highest voltage first.
pub(super) fn read_folder(folder: &Path, options: &HexOptions) -> Result<Vec<Dump>, ImportError> {
    let failed = |source| ImportError::Read { path: folder.to_owned(), source };
    let entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let is_dump = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        path.is_file() && extension.is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()))
    };
    let mut files: Vec<(Voltage, PathBuf)> = entries
        .into_iter()
        .filter(is_dump)
        .map(|path| Ok((voltage_of(&path)?, path)))
        .collect::<Result<_, ImportError>>()?;
    files.sort_by(|a, b| b.cmp(a));
    if files.is_empty() {
        let expected = "one dump a voltage, named like chip-0.53.bin (or .hex, .txt, .dump)";
        return Err(ImportError::content(folder, Place::File, "no dump", expected));
    }
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let found = format!("the voltage {} of {} again", pair[1].0, file_name(&pair[0].1));
        return Err(ImportError::content(&pair[1].1, Place::File, found, "one dump a voltage"));
    }
    let dumps: Vec<Dump> =
        files.iter().map(|(voltage, path)| read_dump(path, *voltage, options)).collect::<Result<_, _>>()?;
    if let Some(index) = dumps.iter().position(|dump| dump.words != dumps[0].words) {
        let expected = format!("{} words as in {}", dumps[0].words, dumps[0].input.name);
        return Err(ImportError::content(
            &files[index].1,
            Place::File,
            format!("{} words", dumps[index].words),
            expected,
        ));
    }
    Ok(dumps)
}

/// The number at the end of a file's name, extension apart.
fn voltage_of(path: &Path) -> Result<Voltage, ImportError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let trimmed = stem.strip_suffix(['V', 'v']).unwrap_or(&stem);
    let digits = trimmed.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(trimmed, |i| {
        let next = trimmed[i..].chars().next().map_or(1, char::len_utf8);
        &trimmed[i + next..]
    });
    digits.parse().map_err(|_| {
        let found = format!("no voltage at the end of the name `{stem}`");
        ImportError::content(path, Place::File, found, "a name like chip-0.53.bin")
    })
}

fn read_dump(path: &Path, voltage: Voltage, options: &HexOptions) -> Result<Dump, ImportError> {
    let bytes = read(path)?;
    let digits_per_word = options.word_bits / 4;
    let clean = if options.written { u64::MAX >> (64 - options.word_bits) } else { 0 };
    let mut faulty_words = Vec::new();
    let (mut words, mut word, mut digits) = (0u64, 0u64, 0);
    for (&byte, offset) in bytes.iter().zip(0u64..) {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let Some(digit) = char::from(byte).to_digit(16) else {
            let found = format!("`{}`", byte.escape_ascii());
            return Err(ImportError::content(path, Place::Byte(offset), found, "a hex digit"));
        };
        word = word << 4 | u64::from(digit);
        digits += 1;
        if digits == digits_per_word {
            if word != clean {
                faulty_words.push((words, word ^ clean));
            }
            (words, word, digits) = (words + 1, 0, 0);
        }
    }
    let whole_banks = digits == 0 && words > 0 && words.is_multiple_of(u64::from(options.rows));
    if !whole_banks {
        let found = format!("{} hex digits", words * u64::from(digits_per_word) + u64::from(digits));
        let bank = u64::from(options.rows) * u64::from(digits_per_word);
        let expected =
            format!("whole banks of {bank} ({} words of {} bits)", options.rows, options.word_bits);
        return Err(ImportError::content(path, Place::Byte(bytes.len() as u64), found, expected));
    }
    Ok(Dump { voltage, input: InputFile::new(file_name(path), &bytes), words, faulty_words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_voltage_is_the_number_at_the_end_of_the_name() {
        let voltage = |name: &str| voltage_of(Path::new(name)).ok().map(|v| v.to_string());
        assert_eq!(voltage("KC705B-0.53.bin").as_deref(), Some("0.53"));
        assert_eq!(voltage("chip7_0.6V.hex").as_deref(), Some("0.6"));
        assert_eq!(voltage("0.61.txt").as_deref(), Some("0.61"));
        assert_eq!(voltage("Spannungµ0.61.txt").as_deref(), Some("0.61"));
        for name in ["chip.bin", "chip-.bin", "chip-0.5.3.bin", "0.53-chip.bin", "chip-0.bin"] {
            assert_eq!(voltage(name), None, "{name}");
        }
    }
}
