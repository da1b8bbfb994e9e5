//! The extent of a tensor's weights.

use flip_core::Work;

/// The least and the greatest of some weights, and whether all are finite.
pub(super) struct Extent<'a>(pub(super) &'a [f32]);

impl Work for Extent<'_> {
    type Output = (f32, f32, bool);

    #[inline(always)]
    fn run(self) -> Self::Output {
        // Several at a time, each with its own result, as the compiler may not change the order of floats by itself.
        const AT_ONCE: usize = 64;
        let (mut least, mut greatest) = ([f32::INFINITY; AT_ONCE], [f32::NEG_INFINITY; AT_ONCE]);
        // A product with zero is zero, or NaN if the weight is not finite; then the sum stays NaN.
        let mut zeros = [0f32; AT_ONCE];
        let (rows, rest) = self.0.as_chunks::<AT_ONCE>();
        for row in rows {
            for k in 0..AT_ONCE {
                least[k] = if row[k] < least[k] { row[k] } else { least[k] };
                greatest[k] = if row[k] > greatest[k] { row[k] } else { greatest[k] };
                zeros[k] += row[k] * 0.0;
            }
        }
        let finite = zeros.iter().all(|&zero| zero == 0.0) && rest.iter().all(|weight| weight.is_finite());
        let least = least.iter().chain(rest).copied().fold(f32::INFINITY, f32::min);
        let greatest = greatest.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
        (least, greatest, finite)
    }
}
