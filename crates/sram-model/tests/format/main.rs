//! Profile files: what is refused, and what need not be read.

mod damage;
mod files;
mod made;
mod maps;
mod mend;
mod refused;
