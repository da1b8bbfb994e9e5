//! Images of a user in a file: they are what they are, neither guessed at nor overwritten.

use crate::{Bench, sample};

/// Own images have just some of the labels that a network tells apart.
#[test]
fn the_classes_of_own_images_are_those_of_the_network() {
    let bench = Bench::new();
    bench.write("few.safetensors", own_images(&[0, 4, 2], &[28, 28]));
    bench.write("wrong.safetensors", own_images(&[0, 99, 2], &[28, 28]));
    let eval = |data: &str| bench.run(&format!("eval --weights {} --data {data}", sample()));
    assert_eq!(eval("few.safetensors").code, Some(0), "{}", eval("few.safetensors").err);
    let said = eval("wrong.safetensors");
    assert!(said.code == Some(1) && said.err.contains("image 1 has the label 99"), "{}", said.err);
    assert!(said.err.contains("tells 10 classes apart"), "{}", said.err);
}

/// A file of images of zeros, with these labels.
fn own_images(labels: &[u8], shape: &[usize]) -> Vec<u8> {
    let pixels = vec![0u8; labels.len() * shape.iter().product::<usize>()];
    let view =
        |shape, bytes| safetensors::tensor::TensorView::new(safetensors::Dtype::U8, shape, bytes).unwrap();
    let shape = [&[labels.len()], shape].concat();
    let tensors = [("x", view(shape, &pixels)), ("y", view(vec![labels.len()], labels))];
    safetensors::serialize(tensors, None).unwrap()
}

#[cfg(unix)]
#[test]
fn own_images_are_neither_guessed_at_nor_overwritten() {
    let bench = Bench::new();
    let images = own_images(&[0, 4, 2], &[28, 28]);
    let files = ["own.safetensors", "run/weights.safetensors"];
    files.iter().for_each(|name| drop(bench.write(name, &images)));
    std::os::unix::fs::symlink("own.safetensors", bench.path("own.svg")).unwrap();
    let eval = format!("eval --weights {} --data own.safetensors", sample());
    let said = bench.run(&format!("{eval} --normalise data"));
    assert!(said.code == Some(2) && said.err.contains("not known: give them"), "{}", said.err);
    for arguments in [
        format!("{eval} --rate 1% --plot own.svg"),
        format!("{eval} --rate 1% --journal own.safetensors"),
        "train --model lenet5 --data run/weights.safetensors --method rquant --epochs 1 --out run".to_owned(),
    ] {
        let said = bench.run(&arguments);
        assert_eq!(said.code, Some(2), "{arguments}: {}", said.err);
        assert!(said.err.contains("would be overwritten"), "{arguments}: {}", said.err);
        files.iter().for_each(|name| assert_eq!(bench.read(name), images, "{arguments}"));
    }
}

#[cfg(unix)]
#[test]
fn own_images_are_a_file() {
    let bench = Bench::new();
    std::os::unix::fs::symlink("/dev/zero", bench.path("zero.npz")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(bench.path("pipe.npz")).status().unwrap();
    assert!(made.success());
    for (name, why) in [("zero.npz", "it is no file"), ("pipe.npz", "write it to a file first")] {
        let said = bench.run(&format!("eval --weights {} --data {name}", sample()));
        assert!(said.code != Some(0) && said.err.contains(why), "{name}: {}", said.err);
    }
}
