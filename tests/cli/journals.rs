//! Journals of campaigns: shared by processes, cut anywhere, gone on from.

use crate::{Bench, sample};

#[test]
fn a_journal_shared_by_processes_keeps_every_map() {
    let bench = Bench::new();
    let weights = sample();
    let eval = |seed: u32, maps: u32| {
        format!(
            "eval --weights {weights} --images 50 --rate 1% --seed {seed} --maps {maps} --journal journal --format csv"
        )
    };
    let children: Vec<_> = (0..4).map(|job| bench.command(&eval(5 * job, 5)).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let journal = bench.read("journal");
    assert_eq!(journal.split(|&byte| byte == b'\n').count() - 1, 21);
    let whole = bench.run(&eval(0, 20)).done();
    // All of it was known.
    assert_eq!(bench.read("journal"), journal);
    let fresh = bench.run(&eval(0, 20).replace("--journal journal", "")).done();
    assert_eq!(whole, fresh);
}

#[test]
fn an_interrupted_campaign_goes_on_from_its_journal_wherever_it_was_cut() {
    let bench = Bench::new();
    let weights = sample();
    let eval = |maps: u32, rest: &str| {
        bench.run(&format!("eval --weights {weights} --images 100 --chip A --voltage 0.8 --offsets 2 --maps {maps} --format csv {rest}"))
    };
    let whole = eval(3, "").done();
    assert_eq!(eval(3, "--journal journal").done(), whole);
    let journal = bench.read("journal");
    for cut in [0, 1, 4, 20, journal.len() / 2, journal.len() - 2, journal.len()] {
        bench.write("journal", &journal[..cut]);
        assert_eq!(eval(3, "--journal journal").done(), whole, "cut after {cut} bytes");
        assert_eq!(bench.read("journal"), journal, "cut after {cut} bytes");
    }
    // Other bit errors, images, quantisation or normalisation have lines of their own.
    for other in ["--read worst", "--seed 9", "--bits 4", "--normalise none", "--batch 7", "--protect-msb 1"]
    {
        let before = bench.read("journal").len();
        eval(2, &format!("--journal journal {other}")).done();
        assert!(bench.read("journal").len() > before, "{other}");
    }
    let forged = String::from_utf8(journal).unwrap().replacen("\"rerr\":", "\"rerr\":7", 1);
    bench.write("journal", forged);
    let refused = eval(3, "--journal journal");
    assert!(
        refused.code == Some(1) && refused.err.contains("line 2: found a line whose sum"),
        "{}",
        refused.err
    );
    bench.write("text", "hello");
    let refused = eval(1, "--journal text");
    assert!(refused.code == Some(1) && refused.err.contains("is no journal"), "{}", refused.err);
    assert_eq!(bench.read("text"), b"hello");
}
