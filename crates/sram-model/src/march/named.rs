//! March tests that are known by name.

/// A published march test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedMarch {
    /// What it is called: `march-c-` for March C−.
    pub name: &'static str,
    /// The test, in the usual notation.
    pub notation: &'static str,
}

const fn named(name: &'static str, notation: &'static str) -> NamedMarch {
    NamedMarch { name, notation }
}

/// The tests that are known by name, shortest first.
///
/// | test | length | from |
/// |---|---|---|
/// | MATS | 4n | Nair, Comments on "An optimal algorithm for testing stuck-at faults in random access memories", 1979 |
/// | MATS+ | 5n | Abadir and Reghbati, Functional testing of semiconductor random access memories, 1983 |
/// | MATS++ | 6n | van de Goor, Testing Semiconductor Memories, 1991 |
/// | March X | 6n | van de Goor 1991 |
/// | March Y | 8n | van de Goor 1991 |
/// | March C− | 10n | van de Goor 1991, from March C without the element that repeats a read |
/// | March C | 11n | Marinescu, Simple and efficient algorithms for functional RAM testing, 1982 |
/// | PMOVI | 13n | de Jonge and Smeulders, Moving inversions test pattern is thorough, yet speedy, 1976 |
/// | March LR | 14n | van de Goor, Gaydadjiev and others, March LR: a test for realistic linked faults, 1996 |
/// | March SR | 14n | Hamdioui and van de Goor, An experimental analysis of spot defects in SRAMs, 2000 |
/// | March A | 15n | Suk and Reddy, A march test for functional faults in semiconductor random access memories, 1981 |
/// | March B | 17n | Suk and Reddy 1981 |
/// | March SS | 22n | Hamdioui, van de Goor and Rodgers, March SS: a test for all static simple RAM faults, 2002 |
/// | March RAW | 26n | Hamdioui, Al-Ars and van de Goor, Testing static and dynamic faults in random access memories, 2002 |
pub const NAMED_MARCHES: [NamedMarch; 14] = [
    named("mats", "⇕(w0); ⇕(r0,w1); ⇕(r1)"),
    named("mats+", "⇕(w0); ⇑(r0,w1); ⇓(r1,w0)"),
    named("mats++", "⇕(w0); ⇑(r0,w1); ⇓(r1,w0,r0)"),
    named("march-x", "⇕(w0); ⇑(r0,w1); ⇓(r1,w0); ⇕(r0)"),
    named("march-y", "⇕(w0); ⇑(r0,w1,r1); ⇓(r1,w0,r0); ⇕(r0)"),
    named("march-c-", "⇕(w0); ⇑(r0,w1); ⇑(r1,w0); ⇓(r0,w1); ⇓(r1,w0); ⇕(r0)"),
    named("march-c", "⇕(w0); ⇑(r0,w1); ⇑(r1,w0); ⇕(r0); ⇓(r0,w1); ⇓(r1,w0); ⇕(r0)"),
    named("pmovi", "⇓(w0); ⇑(r0,w1,r1); ⇑(r1,w0,r0); ⇓(r0,w1,r1); ⇓(r1,w0,r0)"),
    named("march-lr", "⇕(w0); ⇓(r0,w1); ⇑(r1,w0,r0,w1); ⇑(r1,w0); ⇑(r0,w1,r1,w0); ⇑(r0)"),
    named("march-sr", "⇓(w0); ⇑(r0,w1,r1,w0); ⇑(r0,r0); ⇑(w1); ⇓(r1,w0,r0,w1); ⇓(r1,r1)"),
    named("march-a", "⇕(w0); ⇑(r0,w1,w0,w1); ⇑(r1,w0,w1); ⇓(r1,w0,w1,w0); ⇓(r0,w1,w0)"),
    named("march-b", "⇕(w0); ⇑(r0,w1,r1,w0,r0,w1); ⇑(r1,w0,w1); ⇓(r1,w0,w1,w0); ⇓(r0,w1,w0)"),
    named(
        "march-ss",
        "⇕(w0); ⇑(r0,r0,w0,r0,w1); ⇑(r1,r1,w1,r1,w0); ⇓(r0,r0,w0,r0,w1); ⇓(r1,r1,w1,r1,w0); ⇕(r0)",
    ),
    named(
        "march-raw",
        "⇕(w0); ⇑(r0,w0,r0,r0,w1,r1); ⇑(r1,w1,r1,r1,w0,r0); ⇓(r0,w0,r0,r0,w1,r1); ⇓(r1,w1,r1,r1,w0,r0); ⇕(r0)",
    ),
];

/// The test of this name. `March C-`, `MARCH_C-`, `MarchC−` and `march-c-` are one.
pub(super) fn find(text: &str) -> Option<&'static NamedMarch> {
    let asked = plain(text);
    NAMED_MARCHES.iter().find(|named| plain(named.name) == asked)
}

/// A name in small letters without what people put between its parts. The minus sign of C− stays, as papers or keyboards have it.
fn plain(name: &str) -> String {
    let name = name.trim().replace(['−', '–'], "-");
    let letters = name.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c));
    let minus = if name.ends_with('-') { "-" } else { "" };
    letters.collect::<String>().to_ascii_lowercase() + minus
}

/// All names, with commas between.
pub(super) fn names() -> String {
    NAMED_MARCHES.map(|named| named.name).join(", ")
}
