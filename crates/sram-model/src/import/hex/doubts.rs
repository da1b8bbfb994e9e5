//! What speaks against the words of dumps being words of a chip, whatever the faults: in words, with what may be done.

use super::clean::Clean;
use super::copies::Blocks;
use super::duplicates::Repeats;
use super::faults::Faults;
use super::halves::{Perfect, PerfectColumn};
use super::kind::text;
use super::stray::{Shape, Stray};
use super::{CountCells, Doubt, DoubtKind, Dump, FirstColumn, HexOptions, Level, narrow, octal, reads, sums};

/// All doubts of dumps that are of the same size.
pub(super) fn doubts(
    levels: &[Level],
    faults: &[Faults<'_>],
    options: &HexOptions,
    found: Copies,
) -> Vec<Doubt> {
    let shapes: Vec<Shape<'_>> = faults.iter().map(|dump| dump.shape).collect();
    let Some(highest) = levels.first().map(|level| &level.dumps[0]) else { return Vec::new() };
    let cells = highest.words * u64::from(options.word_bits);
    let strays = shapes.first().and_then(|shape| stray_words(shape, highest, options));
    let halves = Perfect::find(&shapes, options.rows.into()).filter(|_| strays.is_none());
    let column = PerfectColumn::find(&shapes, options.rows.into()).filter(|_| strays.is_none());
    let constant = |bit: bool| {
        let word = if bit { super::clean::ones(options.word_bits) } else { 0 };
        let dumps = levels.iter().flat_map(|level| &level.dumps).zip(&shapes);
        dumps.filter(move |(dump, _)| matches!(dump.clean, Clean::Constant(clean) if clean == word))
    };
    let in_hex_digits = |bit: bool| {
        let of = constant(bit).filter(|(dump, _)| dump.kind == text::HEX);
        of.map(|(_, shape)| *shape).collect::<Vec<_>>()
    };
    if [false, true].into_iter().any(|bit| octal::is_octal(&in_hex_digits(bit), bit)) {
        let found = "no digit of its words is 8 or more: are these octal or decimal numbers? They are not read: write hex digits";
        return vec![Doubt::new(DoubtKind::Octal, found)];
    }
    let bits = shapes.iter().map(Shape::stray_bits).reduce(|all, bits| all & bits).unwrap_or(0);
    let repeated =
        found.repeats.filter(|found| strays.is_none() && found.percent.is_some() && options.count.is_none());
    let copied = found.blocks.filter(|_| options.count != Some(CountCells::AsPublished));
    // Bits that always hold the same may not fail for that.
    let any_bits = |dump: &Dump| matches!(dump.clean, Clean::Address { .. } | Clean::Words(_));
    let any_bits = levels.iter().flat_map(|level| &level.dumps).any(any_bits);
    let narrower = narrow::narrower(faults).filter(|_| strays.is_none() && !any_bits);
    // Bits that held both are cells, and so are those that held ones in a kind of dump to which nobody adds digits.
    let was_written = |bit: bool| constant(bit).next().is_some();
    let checker = |dump: &Dump| matches!(dump.clean, Clean::Checker { .. });
    let held_both =
        was_written(false) && was_written(true) || levels.iter().flat_map(|level| &level.dumps).any(checker);
    let in_digits = [text::HEX, text::BINARY].contains(&highest.kind) && options.byte_order.is_none();
    let narrower = narrower.filter(|_| !held_both && (in_digits || !was_written(true)));
    // Copies in a line cancel, too.
    let lines = sums::cancelling_lines(faults).filter(|_| strays.is_none() && found.blocks.is_none());
    let mut series = levels.iter().flat_map(|level| level.series().map(|dumps| (level.voltage, dumps)));
    let of_reads = series.find_map(|(voltage, dumps)| reads::doubt(voltage, dumps, cells, options.word_bits));
    let said = [
        (DoubtKind::StrayWords, strays),
        (DoubtKind::Expected, halves.map(|found| expected_beside(found, highest))),
        (DoubtKind::PerfectColumn, column.map(perfect_column)),
        (DoubtKind::StrayBits, (bits != 0).then(|| stray_bits(bits, options))),
        (DoubtKind::NarrowerWords, narrower.map(|bits| narrower_word(bits, was_written(false), options))),
        (DoubtKind::RepeatedBits, repeated.map(repeats)),
        (DoubtKind::CheckSums, lines.map(check_sums)),
        (DoubtKind::CopiedWords, copied.map(copies)),
    ];
    let said = said.into_iter().filter_map(|(kind, text)| Some(Doubt::new(kind, text?)));
    said.chain(of_reads).collect()
}

/// The doubt about two dumps, by their number, whose names call the chip differently, unless the same cells fail in both.
pub(super) fn of_names(levels: &[Level], options: &HexOptions, differ: Option<[usize; 2]>) -> Option<Doubt> {
    let all: Vec<&Dump> = levels.iter().flat_map(|level| &level.dumps).collect();
    let [first, other] = differ?.map(|index| all[index]);
    // Each pattern shows other cells.
    let same = first.pattern == other.pattern && reads::are_of_one_chip(first, other, options.word_bits);
    (!same).then(|| {
        let text = format!(
            "the names of {} and {} differ in more than the voltage, the temperature, the number of a run, and what --written names: are \
             both of one chip? If so, --voltage {}=… says it, or a table of all dumps (--manifest)",
            first.input.name, other.input.name, other.input.name
        );
        Doubt::new(DoubtKind::Names, text)
    })
}

/// Cells that dumps show several times: in each word, or in words of their own.
#[derive(Clone, Copy)]
pub(super) struct Copies {
    pub(super) repeats: Option<Repeats>,
    pub(super) blocks: Option<Blocks>,
}

impl Copies {
    pub(super) fn find(faults: &[Faults<'_>]) -> Self {
        // A column of the text that is always the same is no copy of words.
        let blocks = Blocks::find(faults)
            .filter(|_| faults.first().is_none_or(|dump| dump.shape.stray_words().is_none()));
        Self { repeats: Repeats::find(faults), blocks }
    }

    /// Copies in each word that are counted once: those that are beyond doubt, or that were told.
    pub(super) fn counted_once(self, options: &HexOptions) -> Option<Repeats> {
        self.repeats.filter(|found| match options.count {
            Some(told) => told == CountCells::Once,
            None => found.percent.is_none(),
        })
    }
}

/// The faults of all dumps, highest voltage first.
pub(super) fn faults<'a>(levels: &'a [Level], options: &HexOptions) -> Vec<Faults<'a>> {
    let rows = options.rows.into();
    let shape = |dump: &'a Dump| Shape {
        words: dump.words,
        word_bits: options.word_bits,
        banks: dump.words / u64::from(options.rows),
        line_words: dump.line_words,
        packed: dump.packed,
        faulty: &dump.faulty_words,
    };
    levels.iter().flat_map(|level| &level.dumps).map(|dump| Faults::of(shape(dump), rows)).collect()
}

fn stray_words(shape: &Shape<'_>, dump: &Dump, options: &HexOptions) -> Option<String> {
    let stray = shape.stray_words()?;
    let Stray { period, ref places } = stray;
    let by_line = dump.line_words == Some(period);
    let first = by_line && places == &[0];
    if first && options.first_column == Some(FirstColumn::Word) {
        return None;
    }
    let which = match &places[..] {
        _ if first => "the first column of its lines".to_owned(),
        [place] if by_line && *place + 1 == period => "the last column of its lines".to_owned(),
        places if by_line => format!("column {} of its lines", numbers(places.iter().map(|place| place + 1))),
        places => format!("number {} of each {period} words", numbers(places.iter().map(|place| place + 1))),
    };
    let is_stray = |(word, _): &&(u64, u128)| places.binary_search(&(word % period)).is_ok();
    let digits = options.word_bits.div_ceil(4) as usize;
    let shown = |(word, bits): &(u64, u128)| format!("{:0digits$x}", bits ^ dump.clean.word(*word));
    let shown: Vec<String> = dump.faulty_words.iter().filter(is_stray).take(3).map(shown).collect();
    let or = match first {
        _ if dump.packed => "; or have words another width (--word-bits)?",
        true => "; or --first-column word, if they are words",
        false => "",
    };
    Some(format!(
        "in {}, {which} is hardly ever as it was written (it reads {}, …), all else is: is it an address, a number of the \
         line, or a check sum, and no word? Then cut it off{or}",
        dump.input.name,
        shown.join(", ")
    ))
}

fn expected_beside(found: Perfect, dump: &Dump) -> String {
    let Perfect { words, first, faulty_words } = found;
    let (perfect, other) = if first { ("first", "second") } else { ("second", "first") };
    let block = match words {
        1 => "words".to_owned(),
        words if dump.line_words == Some(words) => "lines".to_owned(),
        words => format!("blocks of {words} words"),
    };
    format!(
        "of each two {block} the {perfect} never fails, the {other} holds all {faulty_words} faulty words: does the dump show \
         what was expected beside what was read? Then leave only what was read"
    )
}

fn perfect_column(found: PerfectColumn) -> String {
    format!(
        "the {} word of each line never fails, the others hold all {} faulty words: is it what was expected, or a mask, and no word \
         of the memory? Then cut it off",
        if found.first { "first" } else { "last" },
        found.faulty_words
    )
}

fn stray_bits(bits: u128, options: &HexOptions) -> String {
    let word_bits = options.word_bits;
    let all = numbers((0..word_bits).filter(|bit| bits >> bit & 1 == 1).map(u64::from));
    let several = bits.count_ones() > 1;
    let which = if several { format!("bits {all} fail") } else { format!("bit {all} fails") };
    // The bits of the word below those at its top that always fail.
    let top = (bits << (128 - word_bits)).leading_ones();
    let fewer = if top > 0 && top < word_bits {
        format!("has a word {} bits ({})?", word_bits - top, as_narrower(word_bits - top, options))
    } else {
        "are they no cells of the memory?".to_owned()
    };
    format!("{which} (0 is the lowest) in all words at all voltages: {fewer} Or is it a dead column?")
}

/// Bits that never fail above those of a word: a logger wrote them.
fn narrower_word(bits: u32, zeros: bool, options: &HexOptions) -> String {
    let above = if zeros { as_narrower(bits, options) } else { "then leave only its own digits".to_owned() };
    let last = options.word_bits - 1;
    let which = if bits == last {
        format!("bit {last} never fails")
    } else {
        format!("bits {bits} to {last} never fail")
    };
    format!("{which} (0 is the lowest), while those below do: has a word {bits} bits ({above})?")
}

/// The options for words of so many bits in tokens of the digits that there are.
fn as_narrower(bits: u32, options: &HexOptions) -> String {
    let digits = options.word_digits();
    if options.byte_order.is_some() || options.raw {
        return "then take the bytes above away".to_owned();
    }
    if digits > bits.div_ceil(options.radix.digit_bits()) {
        format!("--word-bits {bits} --digits {digits}")
    } else {
        format!("--word-bits {bits}")
    }
}

fn check_sums(lines: usize) -> String {
    format!(
        "in each of {lines} lines with faults another word differs in the bits of the words that fail: is one word of each line a \
         check sum, and no word of the memory? Then cut it off. Or do cells fail in pairs?"
    )
}

fn repeats(found: Repeats) -> String {
    format!("{found}: --count once, if it is; --count as-published, if they are cells of their own")
}

fn copies(found: Blocks) -> String {
    format!("{found}; dump each once, or, if they are cells of their own, --count as-published")
}

/// Numbers as one reads them: the first few.
fn numbers(numbers: impl Iterator<Item = u64>) -> String {
    let mut shown: Vec<String> = numbers.take(9).map(|number| number.to_string()).collect();
    if shown.len() > 8 {
        "…".clone_into(&mut shown[8]);
    }
    shown.join(", ")
}
