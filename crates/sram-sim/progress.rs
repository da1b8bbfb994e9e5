//! Progress of long work, on the terminal if there is one.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sram_model::{FitError, FitProgress, Model, Profile, fit_watched};

/// A bar for `steps` steps of what `what` names; it draws nothing where standard error is no terminal, and disappears when it
/// is done.
pub fn bar(steps: u64, what: impl Into<std::borrow::Cow<'static, str>>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Steps of a bar that shows shares.
const SHARES: u64 = 1000;

/// Fits a model to a profile, under a bar that names the stage.
pub fn fit(profile: &Profile) -> Result<Model, FitError> {
    let bar = bar(SHARES, "reading maps");
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %, {eta} left") {
        bar.set_style(style);
    }
    let fitted = fit_watched(profile, &|FitProgress { stage, share, .. }| {
        bar.set_message(stage.to_string());
        bar.set_position((share * SHARES as f64) as u64);
    });
    bar.finish_and_clear();
    fitted
}
