//! Any map comes back from each form that can hold it.

use std::fmt::Write;

use proptest::prelude::*;
use sram_model::Geometry;
use sram_model::import::flips::FlipOptions;

use crate::{Fault, faults, npy, npz, options};

/// A chip, and of how many of its reads each cell fails in.
#[derive(Clone, Debug)]
struct Truth {
    geometry: Geometry,
    reads: u32,
    /// For each cell: of which reads it fails in, a bit each.
    fails: Vec<u8>,
}

fn any_truth() -> impl Strategy<Value = Truth> {
    (1u64..4, 1u64..6, 8u64..12, 2u32..9).prop_flat_map(|(banks, rows, columns, reads)| {
        let geometry = Geometry::new(banks, rows, columns).unwrap();
        let reads_of_a_cell = prop_oneof![3 => Just(0), 1 => Just(u8::MAX), 2 => any::<u8>()]
            .prop_map(move |bits: u8| (u32::from(bits) & ((1 << reads) - 1)) as u8);
        let fails = prop::collection::vec(reads_of_a_cell, geometry.cells() as usize);
        fails.prop_map(move |fails| Truth { geometry, reads, fails })
    })
}

impl Truth {
    fn sides(&self) -> [usize; 3] {
        [self.geometry.banks(), self.geometry.rows(), self.geometry.columns()].map(|side| side as usize)
    }

    fn counts(&self) -> Vec<u32> {
        self.fails.iter().map(|fails| fails.count_ones()).collect()
    }

    fn shares(&self) -> Vec<f32> {
        self.counts().iter().map(|&count| (f64::from(count) / f64::from(self.reads)) as f32).collect()
    }

    /// Faults of cells with these probabilities from 0 to 1.
    fn faults(p: &[f32]) -> Vec<Fault> {
        p.iter().zip(0..).filter(|(p, _)| **p > 0.0).map(|(&p, cell)| (cell, p, 0.0)).collect()
    }

    fn ever(&self) -> Vec<f32> {
        self.fails.iter().map(|&fails| f32::from(fails > 0)).collect()
    }

    fn told(&self) -> FlipOptions {
        FlipOptions { geometry: Some(self.geometry), ..options() }
    }

    fn with_reads(&self) -> FlipOptions {
        FlipOptions { reads: Some(self.reads), ..self.told() }
    }

    /// Text of a value for each cell, blank lines between banks.
    fn matrix(&self, values: &[String], sign: &str) -> String {
        let [_, rows, columns] = self.sides();
        let lines: Vec<String> = values.chunks(columns).map(|row| row.join(sign)).collect();
        lines.chunks(rows).map(|bank| bank.join("\n")).collect::<Vec<_>>().join("\n\n") + "\n"
    }
}

fn bytes_of<T, const N: usize>(values: &[T], bytes: impl Fn(&T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(bytes).collect()
}

/// Elements of an array of these sides, as they lie in Fortran's order.
fn fortran<T: Clone>(values: &[T], [banks, rows, columns]: [usize; 3]) -> Vec<T> {
    let at = |bank: usize, row: usize, column: usize| values[(bank * rows + row) * columns + column].clone();
    let all = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
    all.flat_map(|(row, column)| (0..banks).map(move |bank| (bank, row, column)))
        .map(|(b, r, c)| at(b, r, c))
        .collect()
}

proptest! {
    #[test]
    fn arrays_of_any_type_and_order_give_their_cells(truth in any_truth()) {
        let (sides, counts, shares) = (truth.sides(), truth.counts(), truth.shares());
        let ever: Vec<u8> = truth.ever().iter().map(|&p| p as u8).collect();
        prop_assert_eq!(faults(&npy("|b1", false, &sides, &ever), &truth.told()), Truth::faults(&truth.ever()));
        let plain = |descr: &str, bytes: Vec<u8>| npy(descr, false, &sides, &bytes);
        for array in [
            plain("|u1", bytes_of(&counts, |&n| [n as u8])),
            plain("|i1", bytes_of(&counts, |&n| [n as u8])),
            plain("<u2", bytes_of(&counts, |&n| (n as u16).to_le_bytes())),
            plain(">i4", bytes_of(&counts, |&n| (n as i32).to_be_bytes())),
            plain("<i8", bytes_of(&counts, |&n| i64::from(n).to_le_bytes())),
            plain(">u8", bytes_of(&counts, |&n| u64::from(n).to_be_bytes())),
            plain("<f8", bytes_of(&counts, |&n| f64::from(n).to_le_bytes())),
            npy("<u4", true, &sides, &bytes_of(&fortran(&counts, sides), |&n| n.to_le_bytes())),
        ] {
            prop_assert_eq!(faults(&array, &truth.with_reads()), Truth::faults(&shares));
        }
        for array in [
            plain("<f4", bytes_of(&shares, |&p| p.to_le_bytes())),
            plain(">f4", bytes_of(&shares, |&p| p.to_be_bytes())),
            plain("<f8", bytes_of(&shares, |&p| f64::from(p).to_le_bytes())),
            npy(">f8", true, &sides, &bytes_of(&fortran(&shares, sides), |&p| f64::from(p).to_be_bytes())),
        ] {
            prop_assert_eq!(faults(&array, &truth.told()), Truth::faults(&shares));
        }
        let halves: Vec<half::f16> = shares.iter().map(|&p| half::f16::from_f32(p)).collect();
        let rounded: Vec<f32> = halves.iter().map(|p| p.to_f32()).collect();
        let array = plain("<f2", bytes_of(&halves, |p| p.to_le_bytes()));
        prop_assert_eq!(faults(&array, &truth.told()), Truth::faults(&rounded));
    }

    #[test]
    fn reads_along_an_axis_are_counted(truth in any_truth()) {
        let [banks, rows, columns] = truth.sides();
        let bits = (0..truth.reads).flat_map(|read| truth.fails.iter().map(move |fails| fails >> read & 1));
        let array = npy("|b1", false, &[truth.reads as usize, banks, rows, columns], &bits.collect::<Vec<u8>>());
        prop_assert_eq!(faults(&array, &options()), Truth::faults(&truth.shares()));
        // The reads of each cell side by side.
        let bits = truth.fails.iter().flat_map(|fails| (0..truth.reads).map(move |read| f32::from(fails >> read & 1)));
        let bits = bytes_of(&bits.collect::<Vec<f32>>(), |&p| p.to_le_bytes());
        let array = npy("<f4", false, &[banks, rows, columns, truth.reads as usize], &bits);
        let axes = FlipOptions { axes: Some("banks,rows,columns,reads".parse().unwrap()), ..options() };
        prop_assert_eq!(faults(&array, &axes), Truth::faults(&truth.shares()));
    }

    #[test]
    fn arrays_by_name_give_both_directions(truth in any_truth()) {
        let (sides, shares, ever) = (truth.sides(), truth.shares(), truth.ever());
        let zeros = npy("<f4", false, &sides, &bytes_of(&shares, |&p| p.to_le_bytes()));
        // The other direction of every other cell.
        let other: Vec<f32> = ever.iter().enumerate().map(|(cell, &p)| if cell % 2 == 0 { p } else { 0.0 }).collect();
        let ones = npy("|u1", false, &sides, &bytes_of(&other, |&p| [p as u8]));
        let both: Vec<Fault> = shares.iter().zip(&other).zip(0..)
            .filter(|((p01, p10), _)| **p01 > 0.0 || **p10 > 0.0)
            .map(|((&p01, &p10), cell)| (cell, p01, p10)).collect();
        prop_assert_eq!(faults(&npz(&[("p_0to1", zeros.clone()), ("p_1to0", ones.clone())]), &truth.told()), both);
        prop_assert_eq!(faults(&npz(&[("p_flip", zeros), ("other", ones)]), &truth.told()), Truth::faults(&shares));
    }

    #[test]
    fn texts_give_their_cells(truth in any_truth()) {
        let of = |values: &[f32]| values.iter().map(f32::to_string).collect::<Vec<_>>();
        for sign in [",", ";", "\t", " ", ", ", "  "] {
            let matrix = truth.matrix(&of(&truth.ever()), sign);
            prop_assert_eq!(faults(matrix.as_bytes(), &options()), Truth::faults(&truth.ever()));
            let counts: Vec<f32> = truth.counts().iter().map(|&n| n as f32).collect();
            let matrix = truth.matrix(&of(&counts), sign).replace('\n', "\r\n");
            prop_assert_eq!(faults(matrix.as_bytes(), &truth.with_reads()), Truth::faults(&truth.shares()));
            let matrix = truth.matrix(&of(&truth.shares()), sign);
            prop_assert_eq!(faults(matrix.as_bytes(), &truth.told()), Truth::faults(&truth.shares()));
        }
        let commas = truth.matrix(&of(&truth.shares()), ";").replace('.', ",");
        prop_assert_eq!(faults(commas.as_bytes(), &truth.told()), Truth::faults(&truth.shares()));
        // One bank below the other.
        let below = truth.matrix(&of(&truth.ever()), ",").replace("\n\n", "\n");
        prop_assert_eq!(faults(below.as_bytes(), &truth.told()), Truth::faults(&truth.ever()));
    }

    #[test]
    fn lists_give_their_cells(truth in any_truth(), sign in prop::sample::select(vec!["\n", ",", " ", ", ", "\n\n# x\n"])) {
        let cells: Vec<u64> = truth.fails.iter().zip(0..).filter(|(fails, _)| **fails > 0).map(|(_, cell)| cell).collect();
        prop_assume!(!cells.is_empty());
        // 0x, so that no list is a row of a matrix.
        let list: Vec<String> = cells.iter().rev().map(|cell| format!("{cell:#x}")).collect();
        prop_assert_eq!(faults((list.join(sign) + "\n").as_bytes(), &truth.told()), Truth::faults(&truth.ever()));
        if sign.starts_with('\n') {
            let list: Vec<String> = cells.iter().map(u64::to_string).collect();
            prop_assert_eq!(faults(list.join(sign).as_bytes(), &truth.told()), Truth::faults(&truth.ever()));
        }
    }

    #[test]
    fn json_and_tables_give_their_cells(truth in any_truth()) {
        let (mut items, mut table, mut rows) = (Vec::new(), "bank,row,col,p_flip\n".to_owned(), "0".to_owned());
        for (&count, cell) in truth.counts().iter().zip(0..).filter(|(count, _)| **count > 0) {
            let at = truth.geometry.address(cell);
            items.push(format!("{{\"bank\": {}, \"row\": {}, \"column\": {}, \"p_flip\": {count}}}", at.bank, at.row, at.column));
            writeln!(table, "{},{},{},{count}", at.bank, at.row, at.column).unwrap();
            rows = format!("{rows}, \"{}\": [{}]", at.row, at.column);
        }
        prop_assume!(!items.is_empty());
        let list = format!("[{}]", items.join(",\n"));
        prop_assert_eq!(faults(list.as_bytes(), &truth.with_reads()), Truth::faults(&truth.shares()));
        prop_assert_eq!(faults(table.as_bytes(), &truth.with_reads()), Truth::faults(&truth.shares()));
        if truth.geometry.banks() == 1 {
            let rows = format!("{{\"rows\": {{{}}}}}", rows.trim_start_matches("0, "));
            prop_assert_eq!(faults(rows.as_bytes(), &truth.told()), Truth::faults(&truth.ever()));
        }
    }
}
