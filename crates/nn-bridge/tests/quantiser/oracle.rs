//! The paper's arithmetic, written a second time: number by number as Python and `NumPy` compute.
#![expect(clippy::manual_midpoint, reason = "the arithmetic is the point, step by step")]

use nn_bridge::Scheme;

/// A scheme's switches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    pub(crate) bits: u32,
    pub(crate) asymmetric: bool,
    unsigned: bool,
    rounded: bool,
    /// ±this for all tensors.
    range: Option<f64>,
    clip: Option<f64>,
}

impl Switches {
    /// All of one width.
    pub(crate) fn all(bits: u32, range: f64, clip: f64) -> impl Iterator<Item = Self> {
        (0..32).map(move |number: u32| Self {
            bits,
            asymmetric: number & 1 > 0,
            unsigned: number & 2 > 0,
            rounded: number & 4 > 0,
            range: (number & 8 > 0).then_some(range),
            clip: (number & 16 > 0).then_some(clip),
        })
    }

    pub(crate) fn scheme(&self) -> Scheme {
        let switch = |on: bool, name: &str| if on { format!("+{name}") } else { String::new() };
        let name = format!(
            "normal{}{}{}",
            switch(self.asymmetric, "asymmetric"),
            switch(self.unsigned, "unsigned"),
            switch(self.rounded, "rounded")
        );
        let scheme = Scheme::named(&name, self.bits).unwrap();
        let scheme = self.range.map_or(scheme, |range| scheme.with_global_range(range).unwrap());
        self.clip.map_or(scheme, |clip| scheme.clipped(clip).unwrap())
    }
}

/// The oracle: what Python's numbers are before they meet a tensor.
pub(crate) struct Oracle {
    switches: Switches,
    /// Ends of the range.
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) delta: f64,
}

impl Oracle {
    pub(crate) fn of(switches: Switches, weights: &[f32]) -> Self {
        let clipped: Vec<f64> = weights.iter().map(|&w| f64::from(clip(switches, w))).collect();
        let most = clipped.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = clipped.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = weights.iter().map(|&w| f64::from(w).abs()).fold(0.0, f64::max);
        let steps = 2f64.powi(switches.bits as i32 - 1) - 1.0;
        let (lo, hi, delta) = match (switches.asymmetric, switches.range) {
            (false, Some(range)) => (-range, range, (range + 0.001) / steps),
            (true, Some(range)) => (-range, range, (1.0 + 0.001) / steps),
            (true, None) => (least, most, (1.0 + 0.001) / steps),
            (false, None) => {
                let range = (greatest + 0.001).min(switches.clip.unwrap_or(f64::INFINITY));
                (-range, range, range / steps)
            }
        };
        Self { switches, lo, hi, delta }
    }

    pub(crate) fn code(&self, weight: f32) -> u32 {
        let Switches { bits, unsigned, rounded, .. } = self.switches;
        let weight = clip(self.switches, weight);
        let steps = if bits == 32 { self.steps64(weight) } else { f64::from(self.steps32(weight)) };
        let most = 2f64.powi(bits as i32 - 1) - 1.0;
        let steps = match (unsigned, bits) {
            (false, 32) => steps.clamp(-most, most),
            (false, _) => steps,
            // The sum is a float32, too.
            (true, 32) => (steps.clamp(-most, most) + most + 1.0).min(2.0 * most + 1.0),
            (true, _) => f64::from((steps as f32 + (most + 1.0) as f32).min((2.0 * most + 1.0) as f32)),
        };
        let whole = if rounded { half_to_even(steps) } else { toward_zero(steps) };
        (whole as u64 & ((1 << bits) - 1)) as u32
    }

    fn steps32(&self, weight: f32) -> f32 {
        let delta = self.delta as f32;
        if !self.switches.asymmetric {
            return weight / delta;
        }
        let (lo, width) = (self.lo as f32, (self.hi - self.lo) as f32);
        let x = if width == 0.0 { 0.0 } else { (weight - lo) / width * 2.0 - 1.0 };
        x / delta
    }

    fn steps64(&self, weight: f32) -> f64 {
        if !self.switches.asymmetric {
            return f64::from(weight) / self.delta;
        }
        // Ends of a range are those of tensors, float32.
        let (lo, hi) = (f64::from(self.lo as f32), f64::from(self.hi as f32));
        let x = if hi == lo { 0.0 } else { (f64::from(weight) - lo) / (hi - lo) * 2.0 - 1.0 };
        x / self.delta
    }

    pub(crate) fn value(&self, code: u32) -> f32 {
        let Switches { bits, unsigned, asymmetric, .. } = self.switches;
        let half = 1i64 << (bits - 1);
        let number =
            if unsigned || i64::from(code) < half { i64::from(code) } else { i64::from(code) - 2 * half };
        let number = if unsigned { number - half } else { number };
        let (lo, hi) = (self.lo as f32, self.hi as f32);
        if bits == 32 {
            let (lo, hi) = (f64::from(lo), f64::from(hi));
            let value = number as f64 * self.delta;
            let value =
                if asymmetric { (value.clamp(-1.0, 1.0) + 1.0) / 2.0 * (hi - lo) + lo } else { value };
            return value.clamp(lo, hi) as f32;
        }
        let value = number as f32 * self.delta as f32;
        let value = if asymmetric { (value.clamp(-1.0, 1.0) + 1.0) / 2.0 * (hi - lo) + lo } else { value };
        value.clamp(lo, hi)
    }
}

/// A tensor is clipped in float32.
pub(crate) fn clip(switches: Switches, weight: f32) -> f32 {
    let limit = switches.clip.unwrap_or(f64::INFINITY) as f32;
    weight.max(-limit).min(limit)
}

fn toward_zero(x: f64) -> i64 {
    if x < 0.0 { -((-x).floor() as i64) } else { x.floor() as i64 }
}

fn half_to_even(x: f64) -> i64 {
    let below = x.floor();
    match x - below {
        rest if rest < 0.5 => below as i64,
        rest if rest > 0.5 => below as i64 + 1,
        _ => below as i64 + (below as i64).rem_euclid(2),
    }
}
