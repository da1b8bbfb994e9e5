//! What a name calls the thing that was measured: its words, and the numbers of boards and chips.

/// Words that a number after makes another thing.
const THINGS: [&str; 17] = [
    "board", "chip", "die", "dut", "device", "unit", "sample", "sn", "serial", "wafer", "lot", "part", "ic",
    "module", "bank", "macro", "instance",
];
/// Words that say nothing of the thing: of voltages, of reads, of dates.
const OTHERS: [&str; 43] = [
    "v",
    "vdd",
    "vcc",
    "vccbram",
    "vmem",
    "vsram",
    "volt",
    "voltage",
    "run",
    "read",
    "rep",
    "repeat",
    "repetition",
    "trial",
    "iter",
    "iteration",
    "pass",
    "meas",
    "measurement",
    "cycle",
    "shot",
    "round",
    "r",
    "t",
    "temp",
    "temperature",
    "at",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "am",
    "pm",
    "z",
    "utc",
];

/// What stands in the place of a voltage and the like: the number after it is not that of the thing before it.
pub(super) const APART: char = '\n';

/// The words of a name without its voltages and temperatures, and the numbers of things.
pub(super) fn of(rest: &str) -> Vec<String> {
    let rest = rest.to_lowercase();
    let mut things: Vec<String> = Vec::new();
    for part in rest.split(APART) {
        let mut of_thing = false;
        for run in runs(part) {
            let number = run.starts_with(|c: char| c.is_ascii_digit());
            if number && of_thing {
                things.push(run.trim_start_matches('0').to_owned());
            } else if !number && !OTHERS.contains(&run) {
                things.push(run.to_owned());
            }
            of_thing = THINGS.contains(&run);
        }
    }
    things
}

/// Its letters and its digits that stand together.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let mut left = word;
        std::iter::from_fn(move || {
            let digit = left.chars().next()?.is_ascii_digit();
            let end = left.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(left.len());
            let (run, after) = left.split_at(end);
            left = after;
            Some(run)
        })
    })
}
