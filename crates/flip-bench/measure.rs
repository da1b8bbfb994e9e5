//! Timing.

use std::time::Instant;

/// The median time of a run in seconds. One run goes before, unmeasured.
pub(crate) fn median_seconds(repeats: u32, mut run: impl FnMut()) -> f64 {
    run();
    let mut seconds: Vec<f64> = (0..repeats)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    median(&mut seconds)
}

/// The median times of two pieces of work, run in turns so that both meet the same moods of the machine.
pub(crate) fn median_pair(repeats: u32, mut first: impl FnMut(), mut second: impl FnMut()) -> (f64, f64) {
    first();
    second();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let start = Instant::now();
        first();
        let middle = Instant::now();
        second();
        a.push((middle - start).as_secs_f64());
        b.push(middle.elapsed().as_secs_f64());
    }
    (median(&mut a), median(&mut b))
}

fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
