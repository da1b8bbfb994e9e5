//! Any bytes are a map or an error.

use proptest::prelude::*;
use sram_model::import::flips::FlipOptions;
use sram_model::{Geometry, Profile};

use crate::{import, npy, npz, options};

fn any_options() -> impl Strategy<Value = FlipOptions> {
    let geometry = prop::sample::select(vec![
        None,
        Some((1, 4, 8)),
        Some((2, 2, 16)),
        Some((1, 1, 1)),
        Some((1 << 20, 1 << 10, 1 << 10)),
    ]);
    let axes = prop::sample::select(vec![
        None,
        Some("rows,columns"),
        Some("columns,rows"),
        Some("reads,rows,columns"),
        Some("reads,banks,rows,columns"),
    ]);
    let array = prop::sample::select(vec![None, Some("a"), Some("p_0to1")]);
    (geometry, axes, array, prop::option::of(1u32..5)).prop_map(|(geometry, axes, array, reads)| {
        FlipOptions {
            geometry: geometry.map(|(banks, rows, columns)| Geometry::new(banks, rows, columns).unwrap()),
            axes: axes.map(|axes| axes.parse().unwrap()),
            array: array.map(str::to_owned),
            reads,
            ..options()
        }
    })
}

/// What a writer lets pass, the reader does; an error is put into words.
fn check(bytes: &[u8], options: &FlipOptions) {
    match import(bytes, options).map(|(draft, _)| draft.encode()) {
        Ok(Ok(bytes)) => assert!(Profile::from_bytes(bytes, "map").is_ok()),
        Ok(Err(error)) => assert!(!error.to_string().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text_is_a_map_or_an_error(
        text in "(0|1|7|0x1f|0\\.5|1e-3|nan|-1|,|;|\\t| |\\n|\\r\\n|\\n\\n|# x\\n|row,col,p_flip\\n|\\PC){0,40}",
        options in any_options(),
    ) {
        check(text.as_bytes(), &options);
    }

    #[test]
    fn any_json_is_a_map_or_an_error(
        text in "[\\[{](\\[|\\]|\\{|\\}|\"rows\":|\"row\":|\"col\":|\"bank\":|\"p_flip\":|\"1\":|[0-9]|0\\.5|,|null|\\n){0,20}",
        options in any_options(),
    ) {
        check(text.as_bytes(), &options);
    }

    #[test]
    fn any_array_is_a_map_or_an_error(
        descr in "[<>|=]?[biufcSO][0-9]{0,2}",
        shape in prop::collection::vec(prop_oneof![0usize..5, any::<usize>()], 0..6),
        is_fortran in any::<bool>(),
        bytes in prop::collection::vec(prop_oneof![3 => Just(0u8), 2 => Just(1u8), 1 => any::<u8>()], 0..300),
        cut in 0usize..60,
        options in any_options(),
    ) {
        let array = npy(&descr, is_fortran, &shape, &bytes);
        check(&array, &options);
        check(&array[..array.len().saturating_sub(cut)], &options);
        let packed = npz(&[("a", array.clone()), ("p_0to1", array.clone()), ("p_1to0", array)]);
        check(&packed, &options);
        check(&packed[..packed.len().saturating_sub(cut)], &options);
    }

    #[test]
    fn any_bytes_are_a_map_or_an_error(
        begin in prop::sample::select(vec![&b""[..], b"\x93NUMPY", b"PK\x03\x04", b"\xef\xbb\xbf"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        options in any_options(),
    ) {
        check(&[begin, &bytes].concat(), &options);
    }
}
