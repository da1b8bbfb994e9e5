//! Codes and values against a second writing of the paper's arithmetic, number by number as Python and `NumPy` compute: what there is
//! one of for a tensor in float64, what there is for each weight in float32, or in float64 for codes of 32 bits.

mod numpy_sums;
mod oracle;
mod paper;
mod stored;
