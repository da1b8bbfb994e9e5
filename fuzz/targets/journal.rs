//! A journal of any bytes is opened or refused; one that was opened keeps what is added, and stays a journal. Few bytes have
//! the right sums, so each input is tried once more as the results of sound lines.

use campaign::{Digest, Journal};
use serde_json::Value;
use sram_fuzz::{bounded, file, said, sound};

const HEAD: &[u8] = b"{\"sram_sim_journal\":2}\n";

pub(crate) fn run(bytes: &[u8]) {
    bounded(bytes.len(), || {
        check(bytes);
        results(bytes);
    });
}

fn check(bytes: &[u8]) {
    file("journal", bytes, |path| {
        let opened = said(Journal::<Value>::open(path));
        let after = std::fs::read(path).expect("it is there");
        let Some(mut journal) = opened else {
            assert!(after == bytes, "what is refused is left as it is");
            return;
        };
        sound();
        // Only a line without an end is taken away, or a head that was cut is made whole.
        let kept = bytes.iter().rposition(|&byte| byte == b'\n').map_or(HEAD, |end| &bytes[..=end]);
        assert!(after == kept, "whole lines are kept");
        let of = Digest::of_bytes(b"fuzz");
        journal.add(&of, "fuzz", &0.5.into()).expect("a result can be added");
        let mut again = Journal::<Value>::open(path).expect("it is still a journal");
        assert_eq!(again.find(&of).expect("and can be read"), Some(0.5.into()));
    });
}

/// Each line is what is measured and, after a tab, its result, which may be no JSON.
fn results(bytes: &[u8]) {
    let mut text = HEAD.to_vec();
    let mut expected = Vec::new();
    for (number, line) in bytes.split(|&byte| byte == b'\n').take(16).enumerate() {
        let Some(line) = std::str::from_utf8(line).ok() else { return };
        let (what, result) = line.split_once('\t').unwrap_or(("", line));
        let (of, result) = (Digest::of_bytes(&number.to_le_bytes()), result.trim());
        let sum = Digest::of_bytes(format!("{of} {result}").as_bytes()).to_string();
        let what = serde_json::to_string(what).expect("a text is JSON");
        let line =
            format!("{{\"of\":\"{of}\",\"what\":{what},\"result\":{result},\"sum\":\"{}\"}}\n", &sum[..16]);
        text.extend_from_slice(line.as_bytes());
        expected.push((of, serde_json::from_str::<Value>(result)));
    }
    file("journal", &text, |path| {
        let opened = said(Journal::<Value>::open(path));
        let sums = expected.iter().all(|(_, result)| result.is_ok());
        assert!(!sums || opened.is_some(), "lines of sound results are read");
        let (Some(mut journal), true) = (opened, sums) else { return };
        sound();
        for (of, result) in expected {
            assert_eq!(journal.find(&of).expect("it can be read"), result.ok());
        }
    });
}
