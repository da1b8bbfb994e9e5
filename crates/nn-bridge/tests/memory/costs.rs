//! Energy and area, by hand.

use nn_bridge::Scheme;
use nn_bridge::memory::Cells;
use sram_model::Geometry;

use crate::scene::{chip, region, stored, tensor};

/// Energy at 0.64 of that of a plain cell at Vmin, and area on a chip whose rows have 64 cells.
fn costs(keys: &str) -> (f64, f64) {
    let (memory, _) = stored(&region(keys), &[tensor("w", &[800])], &[Scheme::normal(8).unwrap()]);
    let map = chip(Geometry::new(4, 32, 64).unwrap(), 3, 0);
    let area = memory.area(&[Cells::Chip { map: &map, offset: 0 }]).unwrap();
    (memory.energy(&[Some(0.64)], 0).unwrap(), area)
}

#[test]
fn all_cells_are_counted_for_what_they_are() {
    // 6,400 bits of weights: 100 words of 64, or 200 of 32; 13 lines of 512 bits.
    for (keys, energy, area) in [
        ("", 0.64, 1.0),
        ("access_energy = 1.5\ncell_area = 2", 0.64 * 1.5, 2.0),
        ("code = \"secded:64\"", 0.64 * 1.125, 1.125),
        // A row holds one word of 39 cells, and leaves the other 25 empty.
        ("code = \"secded:32\"\nlayout = \"interleave:2\"", 0.64 * 39.0 / 32.0, 2.0),
        ("robust = \"msb:2\"", 0.64, 1.0),
        ("robust = \"msb:2\"\ncell_area = 3", 0.64, 3.0),
        (
            "robust = \"msb:2\"\nrobust_cell_area = 1.5\nrobust_access_energy = 1.2",
            0.64 * (6.0 + 2.0 * 1.2) / 8.0,
            (6.0 + 2.0 * 1.5) / 8.0,
        ),
        // Marks do not fail, and are no cells of the chip: plain ones at Vmin.
        ("word = 64\ninvert_words = true\naccess_energy = 2", 1.28 + 1.0 / 64.0, 1.0 + 1.0 / 64.0),
        ("word = 64\npatch_words = 10", 0.64 + 0.1, 1.1),
        ("spare_rows = 4\nspare_columns = 16", 0.64, (36.0 / 32.0) * (80.0 / 64.0)),
        // Two bits of state a line, and one entry of 11 bits for 16 lines.
        (
            "killi = { lines_per_entry = 16 }",
            (0.64 * 13.0 * 528.0 + 13.0 * 2.0 + 11.0) / 6400.0,
            (13.0 * 528.0 + 13.0 * 2.0 + 11.0) / 6400.0,
        ),
    ] {
        let found = costs(keys);
        assert!((found.0 - energy).abs() < 1e-12 && (found.1 - area).abs() < 1e-12, "{keys}: {found:?}");
    }
    assert_eq!(costs("").0, 0.64, "just that of a cell");
}

#[test]
fn words_that_are_not_used_take_area_and_no_energy() {
    let keys = "word = 64\ndisable_from = 1";
    let (memory, image) = stored(&region(keys), &[tensor("w", &[800])], &[Scheme::normal(8).unwrap()]);
    let map = chip(Geometry::new(4, 32, 64).unwrap(), 3, 1);
    let cells = [Cells::Chip { map: &map, offset: 0 }];
    let model = nn_bridge::memory::ReadModel { which: nn_bridge::memory::Which::Worst, seed: 0 };
    let disabled = memory.read(&image, &cells, model, 0).unwrap().regions[0].disabled_words;
    assert!((10..100).contains(&disabled), "{disabled}");
    let area = memory.area(&cells).unwrap();
    assert!((area - 128.0 / (128 - disabled) as f64).abs() < 1e-12, "{area}");
    assert_eq!(memory.energy(&[Some(0.5)], 0), Some(0.5));
    // 640 cells are read again, at Vmin; of cells of which nothing is known nothing is said.
    assert_eq!((memory.energy(&[Some(0.5)], 640), memory.energy(&[None], 0)), (Some(0.6), None));
}
