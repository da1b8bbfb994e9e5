//! What protections do for a network on chips: the tables and charts of docs/protections.md.

mod chart;
mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use self::table::Table;

/// The chips and the voltages, in V/Vmin.
const CHIPS: &str = "A,B,C";
const VOLTAGES: &str = "0.9,0.875,0.85,0.825,0.8,0.775";

/// A memory: what its files are called, what tables call it, and its region's keys, in which `WEIGHTS` stands for the patterns of
/// the weights of convolutions and linear layers.
struct Protection {
    file: &'static str,
    name: &'static str,
    keys: &'static str,
    /// Whether the chart has it: it would be too full with all.
    is_in_chart: bool,
}

const fn protection(file: &'static str, name: &'static str, keys: &'static str) -> Protection {
    Protection { file, name, keys, is_in_chart: true }
}

const fn beside(file: &'static str, name: &'static str, keys: &'static str) -> Protection {
    Protection { file, name, keys, is_in_chart: false }
}

const PROTECTIONS: [Protection; 11] = [
    protection("none", "none", ""),
    protection("parity-zero", "parity-zero", "code = \"parity-zero\""),
    protection("word-masking", "word masking", "detector = { profile = {} }\non_detected = \"zero-weights\""),
    protection("bit-masking", "bit masking", "detector = { profile = {} }\non_detected = \"mask-bits\""),
    protection("secded-64", "SECDED(72,64)", "code = \"secded:64\""),
    beside("secded-64-zero", "SECDED(72,64), zero-word", "code = \"secded:64\"\non_detected = \"zero-word\""),
    beside("secded-8", "SECDED(13,8)", "code = \"secded:8\""),
    beside("dected-64", "DEC-TED(79,64)", "code = \"dected:64\""),
    // Scales of norms would lose half of their size to clamping.
    protection(
        "in-place",
        "in-place (64,57)",
        "tensors = [WEIGHTS]\ncode = \"in-place\"\n[[region]]\nplanes = \"rest\"\ncode = \"secded:64\"",
    ),
    protection(
        "msb-2",
        "2 MSBs in cells at Vmin",
        "planes = \"msb:2\"\nsafe = true\n[[region]]\nplanes = \"rest\"",
    ),
    protection("killi", "Killi", "killi = {}"),
];

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Network {
    /// LeNet-5 on MNIST, trained here without bit errors (minutes).
    Lenet5,
    /// ResNet-20 on CIFAR-10, of `models/resnet20.safetensors`.
    Resnet20,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// Which network.
    #[arg(long, value_enum)]
    network: Network,
    /// Folder with mnist/, cifar10/ and models/.
    #[arg(long, default_value = "../shared/data")]
    data: PathBuf,
    /// Images of the test set.
    #[arg(long, default_value_t = 2000)]
    images: u32,
    /// Folder for what is made; what is there already is not made again.
    #[arg(long, default_value = "target/protections")]
    out: PathBuf,
    /// Also write the chart there.
    #[arg(long, value_name = "FILE.svg")]
    chart: Option<PathBuf>,
}

/// Evaluates the network in each memory, prints the tables, and writes them and the chart.
pub(crate) fn run(options: &Options, program: &Path, say: &dyn Fn(&str)) -> Result<()> {
    let (title, weights, subject) = match options.network {
        Network::Lenet5 => ("LeNet-5", "\"*.weight\"", trained_lenet(options, program, say)?),
        Network::Resnet20 => ("ResNet-20", "\"*conv*.weight\", \"linear.weight\"", resnet(options)),
    };
    let folder = options.out.join(options.network.to_possible_value().context("no name")?.get_name());
    fs::create_dir_all(&folder)?;
    let mut tables = Vec::new();
    for Protection { file, name, keys, .. } in PROTECTIONS {
        let memory = folder.join(format!("{file}.toml"));
        let keys = keys.replace("WEIGHTS", weights);
        fs::write(&memory, format!("format = 1\nname = \"{name}\"\n[[region]]\n{keys}\n"))?;
        let rows = folder.join(format!("{file}.csv"));
        if !rows.exists() {
            say(&format!("{}: {name}", folder.display()));
            let mut command = Command::new(program);
            command.arg("eval").args(&subject).args(["--chip", CHIPS, "--voltage", VOLTAGES, "--maps", "3"]);
            command.args(["--images", &options.images.to_string(), "--format", "csv"]);
            command.arg("--memory").arg(&memory).arg("--journal").arg(folder.join(format!("{file}.journal")));
            let found = command.stderr(Stdio::inherit()).output().context("cannot run sram-sim")?;
            ensure!(found.status.success(), "sram-sim eval: {}", found.status);
            sram_model::write_atomically::<std::io::Error>(&rows, |out| {
                std::io::Write::write_all(out, &found.stdout)
            })?;
        }
        tables.push(
            Table::parse(name, &fs::read_to_string(&rows)?).with_context(|| rows.display().to_string())?,
        );
    }
    let text = table::markdown(&tables)?;
    fs::write(folder.join("tables.md"), &text)?;
    say(&text);
    if let Some(chart) = &options.chart {
        let shown: Vec<&Table> = tables
            .iter()
            .zip(&PROTECTIONS)
            .filter(|(_, made)| made.is_in_chart)
            .map(|(table, _)| table)
            .collect();
        chart::write(&format!("{title}, {} images", options.images), &shown, chart)?;
    }
    Ok(())
}

/// Arguments that name the network and its data.
fn trained_lenet(options: &Options, program: &Path, say: &dyn Fn(&str)) -> Result<Vec<String>> {
    let data = format!("mnist:{}", options.data.join("mnist").display());
    let run = options.out.join("lenet5/trained");
    let weights = run.join("weights.safetensors");
    if !weights.exists() {
        say("lenet5: training, 10 epochs");
        let mut command = Command::new(program);
        command.args(["train", "--model", "lenet5", "--data", &data, "--method", "normal", "--epochs", "10"]);
        let status = command.arg("--out").arg(&run).status().context("cannot run sram-sim")?;
        ensure!(status.success(), "sram-sim train: {status}");
    }
    Ok(vec!["--weights".to_owned(), weights.display().to_string(), "--data".to_owned(), data])
}

fn resnet(options: &Options) -> Vec<String> {
    let weights = options.data.join("models/resnet20.safetensors");
    let data = format!("cifar10:{}", options.data.join("cifar10").display());
    let words = [
        "--model",
        "resnet20",
        "--weights",
        &weights.display().to_string(),
        "--data",
        &data,
        "--scheme",
        "normal",
    ];
    words.map(str::to_owned).to_vec()
}
