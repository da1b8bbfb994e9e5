//! The commands, each with its help.

use clap::Subcommand;

use super::{
    ChipsArguments, DiffArguments, EvalArguments, ExportArguments, FitArguments, GeneralizeArguments,
    ImportArguments, InjectArguments, MbistArguments, MemoryCommandArguments, PredictArguments,
    ProfileArguments, StatsArguments, SynthArguments, TrainArguments, ValidateArguments, YieldArguments,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the chips that come with the program.
    #[command(after_help = "Example:\n  sram-sim chips")]
    Chips(ChipsArguments),
    /// Say how a chip fails at a voltage.
    #[command(
        after_help = "Examples:\n  sram-sim profile --chip A --voltage 0.8\n  sram-sim profile --chip B \
                      --voltage 0.75..1 --format csv\n  sram-sim profile --chip mine.sfp --voltage 0.53 --map \
                      faults.png"
    )]
    Profile(ProfileArguments),
    /// Say how a chip's faults lie together, against independent cells.
    #[command(
        after_help = "Examples:\n  sram-sim stats --chip B\n  sram-sim stats --chip B --voltage 0.8\n  sram-sim stats \
                      --chip mine.sfp --format csv\n  sram-sim stats --chip B --voltage 0.8 --against C\n  sram-sim stats --chip \
                      B --plots charts"
    )]
    Stats(StatsArguments),
    /// Fit a model of chips to a profile.
    #[command(
        after_help = "Example:\n  sram-sim fit --profile mine.sfp --out model.toml\n\nThe model is a text file that explains \
                      itself and can be edited."
    )]
    Fit(FitArguments),
    /// Generate virtual chips from a model.
    #[command(
        after_help = "Examples:\n  sram-sim synth --model model.toml --seed 7 --out chip.sfp\n  sram-sim synth --model \
                      model.toml --seed 1 --count 100 --geometry 32x512x64 --out chips/chip.sfp\n\nOther commands take \
                      model.toml#7 as a --chip, without a file."
    )]
    Synth(SynthArguments),
    /// Test whether a chip can be told from the virtual chips of a model.
    #[command(
        after_help = "Example:\n  sram-sim validate --profile mine.sfp --model model.toml --chips 200\n\nThe exit code is 1 if so \
                      many statistics lie outside as of fewer than 5 % of the model's own chips."
    )]
    Validate(ValidateArguments),
    /// Say which fault rates a model expects, also beyond the voltages that were profiled, and at other temperatures.
    #[command(
        after_help = "Examples:\n  sram-sim predict --model model.toml --voltage 0.48..0.6:0.01\n  sram-sim predict --profile \
                      mine.sfp --voltage 0.5 --temperature 85"
    )]
    Predict(PredictArguments),
    /// Run a march test on a chip and write the profile that a tester would have logged.
    #[command(after_help = super::models::mbist_help())]
    Mbist(MbistArguments),
    /// Say how low a voltage the chips of a model tolerate, by bit errors or by the test error of a network.
    #[command(
        after_help = "Examples:\n  sram-sim yield --model model.toml --chips 1000 --max-ber 0.1% --spare-columns 2 --plot \
                      shmoo.svg\n  sram-sim yield --network net.safetensors --max-error +1% --chip model.toml#0..99\n\nThe CSV \
                      format has a line for each chip and voltage, of networks for each map."
    )]
    Yield(Box<YieldArguments>),
    /// Make a profile from measurements.
    #[command(
        after_help = "Example:\n  sram-sim import hex kc705b/ --out kc705b.sfp\n\nEach of the commands has its own --help."
    )]
    Import(ImportArguments),
    /// Write a profile as CSV, which `import csv` reads back.
    #[command(after_help = "Example:\n  sram-sim export --chip A --out A.csv")]
    Export(ExportArguments),
    /// Store a network's weights on a chip, read them back at a voltage, and say what the bit errors did.
    #[command(
        after_help = "Examples:\n  sram-sim inject --weights net.safetensors --bits 8 --scheme rquant --chip A \
                      --voltage 0.8 --out faulty.safetensors\n  sram-sim inject --weights net.safetensors --bits 4 \
                      --rate 1% --seed 7\n\nSchemes: global (range ±1), normal (per tensor, symmetric, signed, \
                      truncated), rquant (per tensor, asymmetric, unsigned, rounded), each with +symmetric, \
                      +asymmetric, +signed, +unsigned, +truncated or +rounded added, as in normal+asymmetric. stored: \
                      weights that are integers times a scale already keep their integers, signed or stored+unsigned.\n\nWith \
                      --as-stored bits are those of the file:\n  sram-sim inject --weights model.gguf --as-stored --rate 0.01% --out \
                      faulty.gguf\n  sram-sim inject --weights sharded/ --as-stored --chip B --voltage 0.85 --out faulty/ \
                      --faultlist errors.csv"
    )]
    Inject(Box<InjectArguments>),
    /// Say which bits of two files of weights, or of codes, differ.
    #[command(
        after_help = "Examples:\n  sram-sim diff net.safetensors faulty.safetensors\n  sram-sim diff clean-codes faulty-codes --format csv > \
                      list.csv\n  sram-sim inject --weights net.safetensors --as-stored --replay list.csv --out again.safetensors"
    )]
    Diff(DiffArguments),
    /// Say where the bits of weights lie in a memory of regions, layouts and codes, and what it costs.
    #[command(
        after_help = "Examples:\n  sram-sim memory --init > memory.toml\n  sram-sim memory --memory memory.toml --weights \
                      net.safetensors --chip B --voltage 0.8\n  sram-sim memory --ecc secded:16 --layout column-mux:2 --weights \
                      net.safetensors --chip B --explain conv1.weight 17 7\n  sram-sim memory --weights net.safetensors --chip B \
                      --cell 3 200 17"
    )]
    Memory(Box<MemoryCommandArguments>),
    /// Test a network whose weights are read with bit errors: Err and RErr over chips, voltages and maps. Needs libtorch.
    #[command(
        after_help = "Examples:\n  sram-sim eval --model resnet20 --weights resnet20.safetensors --data cifar10:DIR --chip A,B,C \
                      --voltage 0.75..1 --maps 10\n  sram-sim eval --weights trained.safetensors --rate 0.1%,1% --protocol \
                      paper\n\nSchemes are those of `inject`."
    )]
    Eval(Box<EvalArguments>),
    /// Train a network, quantised, clipped, or under bit errors. Needs libtorch.
    #[command(
        after_help = "Examples:\n  sram-sim train --model lenet5 --data digits --method randbet --wmax 0.1 --rate 1% --epochs 10 \
                      --out runs/randbet\n  sram-sim train --model simplenet --data cifar10:DIR --method pattbet --chip A --voltage \
                      0.8 --out runs/matic\n\nThe folder gets weights.safetensors (when it is done), checkpoint.safetensors and \
                      log.jsonl (after each epoch).\nDefaults are those of Stutz et al., MLSys 2021, as their code has them."
    )]
    Train(Box<TrainArguments>),
    /// Test networks on chips and voltages that they were not trained for: one table. Needs libtorch.
    #[command(
        after_help = "Example:\n  sram-sim generalize --weights runs/clipping/weights.safetensors runs/randbet/weights.safetensors \
                      MATIC=runs/pattbet/weights.safetensors --chip A,B,C --voltage 0.8,0.85 --plot heat.svg"
    )]
    Generalize(Box<GeneralizeArguments>),
}
