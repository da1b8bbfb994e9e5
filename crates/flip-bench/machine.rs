//! What the figures were measured on.

use std::time::{SystemTime, UNIX_EPOCH};

/// This program and its version.
pub(crate) fn program() -> &'static str {
    concat!("flip-bench ", env!("CARGO_PKG_VERSION"))
}

/// The CPU's name, family and model as the system gives them, or what it is compiled for.
pub(crate) fn cpu() -> String {
    #[cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "a file of the system"))]
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    describe(&info).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn describe(info: &str) -> Option<String> {
    let value =
        |name: &str| info.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name);
    let text = |name| value(name).map(|(_, value)| value.trim().to_owned());
    let name = text("model name")?;
    // Names of virtual machines say little.
    Some(match (text("cpu family"), text("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    })
}

/// Hardware threads that the program may use.
pub(crate) fn hardware_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Today as year, month, day (UTC).
pub(crate) fn today() -> String {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    date(days)
}

/// The date `days` after 1970-01-01: years from March on, so that the leap day is a year's last.
fn date(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_is_its_name_family_and_model() {
        let info =
            "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9R14\n";
        assert_eq!(describe(info).as_deref(), Some("AMD EPYC 9R14 (family 25, model 17)"));
        assert_eq!(describe("processor\t: 0\n"), None);
    }

    #[test]
    fn days_become_dates() {
        for (days, expected) in
            [(0, "1970-01-01"), (11_016, "2000-02-29"), (11_017, "2000-03-01"), (20_088, "2024-12-31")]
        {
            assert_eq!(date(days), expected);
        }
    }
}
