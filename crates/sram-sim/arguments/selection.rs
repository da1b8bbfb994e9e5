//! Which tensors lie in the weight memory, of every command that stores weights.

use clap::{Args, ValueEnum};
use nn_bridge::{NameGlob, SelectError, Selection, SelectionRules, Tensor, TensorOrder};

#[derive(Clone, Debug, Args)]
pub struct SelectionArguments {
    /// Store only tensors whose names match, such as 'layers.*.weight'; may be given again. * stands for any text, also over
    /// dots, ? for one letter.
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<NameGlob>,
    /// Keep tensors apart whose names match, free of errors; may be given again.
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<NameGlob>,
    /// Keep tensors apart that cannot be stored (integers, F8 and smaller, booleans), free of errors, in place of refusing
    /// the file.
    #[arg(long)]
    pub keep_apart: bool,
    /// Store the running statistics of BatchNorm in the weight memory, too.
    #[arg(long)]
    pub with_statistics: bool,
    /// Order of the tensors in memory.
    #[arg(long, value_enum, default_value_t)]
    pub order: Order,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// By name.
    #[default]
    Name,
    /// As in the file.
    File,
}

impl Order {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::File => "file",
        }
    }
}

impl SelectionArguments {
    /// What is asked of a selection.
    pub fn rules(&self) -> SelectionRules {
        SelectionRules {
            only: self.only.clone(),
            exclude: self.exclude.clone(),
            keep_apart: self.keep_apart,
            with_statistics: self.with_statistics,
            as_stored: false,
        }
    }

    /// The order of the tensors in memory.
    pub fn order(&self) -> TensorOrder {
        match self.order {
            Order::Name => TensorOrder::Name,
            Order::File => TensorOrder::File,
        }
    }

    /// The tensors that are stored, in their order, and those that are kept apart.
    pub fn select<'a>(
        &self,
        tensors: impl IntoIterator<Item = &'a Tensor>,
    ) -> Result<Selection<'a>, SelectError> {
        self.rules().select(tensors, self.order())
    }
}
