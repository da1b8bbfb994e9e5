//! The command line, read.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Parser};
use flip_core::Rate;

use crate::shown::shown_os;

/// What was typed, and notes on what is right but rarely meant: a rate of 1 is 100 %, and 1 % may be meant.
///
/// # Errors
/// The exit code, if there is nothing to do: help was printed, or what is wrong was said on standard error, with nothing in
/// it that steers a terminal.
pub fn parse<A: Parser>() -> Result<(A, Vec<String>), ExitCode> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let error = match read::<A>(&typed) {
        Ok((arguments, matches)) => return Ok((arguments, notes(&matches))),
        Err(error) => error,
    };
    // A message repeats what was typed.
    let harmless: Vec<OsString> = typed.iter().map(|argument| shown_os(argument).into()).collect();
    let error = if harmless == typed { error } else { read::<A>(&harmless).err().unwrap_or(error) };
    // Nothing is left to do if this cannot be said.
    let _ = error.print();
    Err(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1)))
}

fn read<A: Parser>(typed: &[OsString]) -> Result<(A, ArgMatches), clap::Error> {
    let mut command = with_negative_numbers(A::command());
    let matches = command.try_get_matches_from_mut(typed)?;
    let arguments = A::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok((arguments, matches))
}

/// A number that is typed as below 0 is the value of an option, which says what it expects, and no option of its own.
fn with_negative_numbers(command: Command) -> Command {
    command.allow_negative_numbers(true).mut_subcommands(with_negative_numbers)
}

/// What is right but rarely meant, of all subcommands.
fn notes(matches: &ArgMatches) -> Vec<String> {
    let mut notes: Vec<String> = matches.subcommand().map(|(_, below)| notes(below)).unwrap_or_default();
    for id in matches.ids().map(clap::Id::as_str) {
        let is_rate = matches!(matches.try_get_many::<Rate>(id), Ok(Some(_)));
        if !is_rate || matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        for text in matches.get_raw(id).into_iter().flatten().map(|text| text.to_string_lossy()) {
            if !text.contains('%') && text.parse() == Ok(Rate::ONE) {
                let option = id.replace('_', "-");
                notes.push(format!("note: --{option} {text} means 100 %; 1 % is 0.01 or 1%"));
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[derive(Parser)]
    enum Typed {
        Go {
            #[arg(long, value_delimiter = ',')]
            max_ber: Vec<Rate>,
            #[arg(long, default_value = "1")]
            from: Rate,
            #[arg(long)]
            count: Option<u32>,
        },
    }

    #[test]
    fn a_rate_of_one_is_named_where_it_is_typed_without_a_percent_sign() {
        let notes = |line: &str| notes(&Typed::command().get_matches_from(line.split(' ')));
        let note = "means 100 %; 1 % is 0.01 or 1%";
        assert_eq!(notes("x go --max-ber 1"), [format!("note: --max-ber 1 {note}")]);
        assert_eq!(notes("x go --max-ber 0.1,1.0,1e0").len(), 2);
        assert_eq!(notes("x go --from 1"), [format!("note: --from 1 {note}")]);
        assert!(notes("x go --max-ber 100%,1%,0.99 --count 1").is_empty());
    }
}
