//! The commands of the README and of pages beside it give the output that these show.
//!
//! In a `console` block a line `$ …` is a command, and what follows is its output; a line `...` stands for any lines.
//! Numbers of networks are not compared, since other CPUs round other sums; without libtorch these commands are skipped.
//! With `UPDATE_README=1` the outputs are written anew, cut as they were by `...`.

use std::process::Command;

use crate::{Bench, root, shared};

#[test]
fn commands_in_the_readme_give_the_output_shown() {
    check("README.md");
}

#[test]
fn commands_in_the_page_about_weights_give_the_output_shown() {
    check("docs/weights.md");
}

/// Runs the commands of a page, or with `UPDATE_README=1` writes their outputs into it.
fn check(page: &str) {
    let path = root().join(page);
    let readme = std::fs::read_to_string(&path).unwrap();
    let bench = Bench::new();
    for folder in ["data", "tests"] {
        std::os::unix::fs::symlink(root().join(folder), bench.path(folder)).unwrap();
    }
    let links =
        [("resnet20.safetensors", "models/resnet20.safetensors"), ("kc705b", "bram_undervolting/kc705b")];
    let all_here = links.iter().all(|(name, target)| match shared(target) {
        Some(target) => std::os::unix::fs::symlink(target, bench.path(name)).is_ok(),
        None => false,
    });

    let mut updated = String::new();
    let (mut inside, mut ran) = (false, 0);
    let mut lines = readme.lines().peekable();
    while let Some(line) = lines.next() {
        push(&mut updated, line);
        inside = if line.starts_with("```") { line == "```console" } else { inside };
        let Some(command) = line.strip_prefix("$ ").filter(|_| inside) else { continue };
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")) {
            shown.push(line);
        }
        let needs_shared = links.iter().any(|(name, _)| command.contains(name.split('.').next().unwrap()));
        let Some(found) = (!needs_shared || all_here).then(|| run(&bench, command)).flatten() else {
            for line in shown {
                push(&mut updated, line);
            }
            continue;
        };
        ran += 1;
        if std::env::var_os("UPDATE_README").is_some() {
            updated += &elide(&found, &shown);
        } else if is_of_networks(command) {
            let masked = |text: &str| text.lines().map(mask).collect::<Vec<_>>().join("\n");
            let shown = masked(&shown.join("\n"));
            let shown: Vec<&str> = shown.lines().collect();
            assert!(
                matches(&masked(&found), &shown),
                "$ {command}\nfound:\n{found}\nshown:\n{}",
                shown.join("\n")
            );
        } else {
            assert!(matches(&found, &shown), "$ {command}\nfound:\n{found}\nshown:\n{}", shown.join("\n"));
        }
    }
    assert!(ran > 0, "{page} shows commands, {ran} ran");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, updated).unwrap();
    }
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Whether a command runs a network.
fn is_of_networks(command: &str) -> bool {
    let network = ["train", "eval", "generalize"];
    network.iter().any(|name| command.starts_with(&format!("sram-sim {name} ")))
        || (command.starts_with("sram-sim yield ") && command.contains(" --network "))
}

/// A line with each number and each run of spaces as one sign, so that lines of equal form are equal.
fn mask(line: &str) -> String {
    if line == "..." {
        return line.to_owned();
    }
    let mut masked = String::new();
    for letter in line.chars() {
        let sign = if letter.is_ascii_digit() || letter == '.' { '#' } else { letter };
        if !(masked.ends_with(sign) && (sign == '#' || sign == ' ')) {
            masked.push(sign);
        }
    }
    masked
}

/// Runs a command of the program; others (cargo, git) are `None`.
fn run(bench: &Bench, command: &str) -> Option<String> {
    if is_of_networks(command) && !cfg!(feature = "torch") {
        return None;
    }
    let arguments =
        command.strip_prefix("sram-sim ").or_else(|| command.strip_prefix("cargo run --release -- "))?;
    let binary = env!("CARGO_BIN_EXE_sram-sim");
    let script = format!("{binary} {arguments}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(bench.path("")).output().unwrap();
    // A twin test that fails is shown, too.
    let as_shown = output.status.success() || command.contains("--independent");
    assert!(as_shown, "$ {command}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn matches(found: &str, shown: &[&str]) -> bool {
    let found: Vec<&str> = found.lines().collect();
    match shown.iter().position(|&line| line == "...") {
        None => found == shown,
        Some(at) => {
            let (head, tail) = (&shown[..at], &shown[at + 1..]);
            found.len() >= head.len() + tail.len() && found.starts_with(head) && found.ends_with(tail)
        }
    }
}

/// The output found, with as many lines before and after `...` as there were.
fn elide(found: &str, shown: &[&str]) -> String {
    let found: Vec<&str> = found.lines().collect();
    let lines = match shown.iter().position(|&line| line == "...") {
        Some(at) if found.len() >= shown.len() => {
            let tail = found.len() - (shown.len() - at - 1);
            [&found[..at], &["..."], &found[tail..]].concat()
        }
        _ => found,
    };
    lines.iter().map(|line| format!("{line}\n")).collect()
}
