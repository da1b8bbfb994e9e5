//! Headers, sound and not, and what is around them.

use nn_bridge::WeightFile;
use proptest::prelude::*;

use crate::{f32s, file, open, with_length};

#[test]
fn a_header_is_bounded_before_it_is_read() {
    let refused = |bytes: &[u8]| open("net", bytes).unwrap_err().to_string();
    assert!(refused(&with_length(u64::MAX, b"{}")).contains("at most 100000000"));
    assert!(refused(&with_length(3, b"{}")).contains("found a header of 3 bytes, expected at most 2"));
    assert!(refused(&with_length(100_000_001, b"{{{{{{{{{")).contains("at most 100000000"));
    assert!(refused(&with_length(0, b"")).contains("expected a JSON object"));
    assert!(refused(&with_length(2, b"\xff\xfe")).contains("at byte 8"));
    assert!(refused(&with_length(4, b"{\"a\"")).contains("at byte 11"));
    let info = |rest: &str| {
        let json = format!("{{\"a\":{{\"dtype\":\"F32\",{rest}}}}}");
        refused(&with_length(json.len() as u64, json.as_bytes()))
    };
    assert!(
        info(r#""shape":[4294967296,4294967296],"data_offsets":[0,0]"#).contains("tensor a: found 0 bytes")
    );
    assert!(info(r#""shape":[1],"data_offsets":[4,8]"#).contains("begin at 0"));
    assert!(info(r#""shape":[],"data_offsets":[0,4]"#).contains("found 0 bytes of data, expected 4"));
    let sides = vec!["1"; 65].join(",");
    assert!(info(&format!(r#""shape":[{sides}],"data_offsets":[0,4]"#)).contains("at most 64 sides"));
}

proptest! {
    /// What one reader takes, the other does, and it reads the same; but for names that occur twice.
    #[test]
    fn files_are_sound_if_the_library_says_so(
        lens in prop::collection::vec(0usize..4, 0..4),
        (place, put) in (any::<prop::sample::Index>(), prop::option::of(any::<char>())),
        cut in 0usize..3,
    ) {
        let (mut header, mut end) = (serde_json::Map::new(), 0);
        header.insert("__metadata__".to_owned(), serde_json::json!({"k": "v"}));
        for (number, len) in lens.iter().enumerate() {
            let entry = serde_json::json!({"dtype": "I16", "shape": [len], "data_offsets": [end, end + 2 * len]});
            header.insert(format!("t{number}"), entry);
            end += 2 * len;
        }
        let mut header = serde_json::Value::Object(header).to_string();
        // One letter may be another.
        if let Some(put) = put {
            let at = place.index(header.len());
            header.replace_range(at..=at, &put.to_string());
        }
        let file = [&with_length(header.len() as u64, header.as_bytes())[..], &vec![7; end.saturating_sub(cut / 2)]].concat();
        let (ours, theirs) = (open("net", &file), safetensors::SafeTensors::deserialize(&file));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert_eq!(ours.tensors().len(), theirs.len());
                for tensor in ours.tensors() {
                    let view = theirs.tensor(&tensor.name).unwrap();
                    prop_assert_eq!((view.data(), view.dtype()), (tensor.bytes(), tensor.dtype()));
                    prop_assert_eq!(view.shape(), &tensor.shape[..]);
                }
            }
            (Err(_), Err(_)) => {}
            (Err(ours), Ok(_)) => prop_assert!(ours.to_string().contains("twice"), "{}", ours),
            (Ok(_), Err(theirs)) => prop_assert!(false, "the library refuses it: {}", theirs),
        }
    }
}

#[test]
fn names_that_occur_twice_are_refused() {
    let twice =
        |json: &str| open("net", &with_length(json.len() as u64, json.as_bytes())).unwrap_err().to_string();
    let tensor = r#""a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    assert!(twice(&format!("{{{tensor},{tensor}}}")).contains("tensor a is there twice"));
    assert!(twice(r#"{"__metadata__":{"k":"1","k":"2"}}"#).contains("metadata `k` is there twice"));
    assert!(twice(r#"{"__metadata__":{},"__metadata__":{}}"#).contains("`__metadata__` is there twice"));
}

#[cfg(unix)]
#[test]
fn weights_come_through_a_pipe() {
    let (folder, path) = file(&[("f", "F32", &[2], f32s(&[1.0, 2.0]))]);
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let whole = std::fs::read(&path).unwrap();
    let through = |bytes: Vec<u8>| {
        let to = pipe.clone();
        // A reader that has seen enough closes the pipe.
        let writer = std::thread::spawn(move || drop(std::fs::write(to, bytes)));
        let read = WeightFile::open(&pipe);
        writer.join().unwrap();
        read
    };
    assert_eq!(through(whole.clone()).unwrap().tensor("f").unwrap().values(), Some(vec![1.0, 2.0]));
    assert!(through(whole[..whole.len() - 1].to_vec()).is_err() && through(whole[..20].to_vec()).is_err());
    assert!(
        through([&whole[..], b"x"].concat()).unwrap_err().to_string().contains("after those of the last")
    );
}
