//! A tensor's part in a region: its matrix and how many bits of each element are stored there.

use super::super::error::LayoutError;

/// What a region holds of one tensor, seen as a matrix: the first dimension is the rows, all others the columns. A vector is
/// one row. A region may hold some bits of each element only: its *planes*, ascending from the LSB's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    rows: u64,
    columns: u64,
    planes: u32,
}

impl Part {
    /// The most elements that a part can have.
    pub const MAX_ELEMENTS: u64 = 1 << 40;
    /// The most bits of an element.
    pub const MAX_PLANES: u32 = 32;

    /// `planes` bits of each element of a matrix.
    ///
    /// # Errors
    /// [`LayoutError`] if there are more than 2^40 elements, or not 1 to 32 planes.
    pub fn new(rows: u64, columns: u64, planes: u32) -> Result<Self, LayoutError> {
        let too_many = || LayoutError::Elements { found: format!("{rows}x{columns}") };
        rows.checked_mul(columns).filter(|&n| n <= Self::MAX_ELEMENTS).ok_or_else(too_many)?;
        if !(1..=Self::MAX_PLANES).contains(&planes) {
            return Err(LayoutError::Planes { found: planes });
        }
        Ok(Self { rows, columns, planes })
    }

    /// `planes` bits of each element of a tensor of this shape.
    ///
    /// # Errors
    /// [`LayoutError`] if there are more than 2^40 elements, or not 1 to 32 planes.
    pub fn of_shape(shape: &[usize], planes: u32) -> Result<Self, LayoutError> {
        let found = || shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x");
        let too_many = || LayoutError::Elements { found: found() };
        let size = |dimensions: &[usize]| {
            let size =
                dimensions.iter().try_fold(1u64, |size, &dimension| size.checked_mul(dimension as u64));
            size.ok_or_else(too_many)
        };
        match shape {
            [rows, columns @ ..] if !columns.is_empty() => Self::new(*rows as u64, size(columns)?, planes),
            vector => Self::new(1, size(vector)?, planes),
        }
    }

    /// Rows of the matrix.
    pub fn rows(self) -> u64 {
        self.rows
    }

    /// Columns of the matrix.
    pub fn columns(self) -> u64 {
        self.columns
    }

    /// Stored bits of each element.
    pub fn planes(self) -> u32 {
        self.planes
    }

    /// Elements of the matrix.
    #[inline]
    pub fn elements(self) -> u64 {
        self.rows * self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_is_a_matrix() {
        let of = |shape: &[usize]| Part::of_shape(shape, 8).map(|part| (part.rows(), part.columns()));
        assert_eq!(of(&[]), Ok((1, 1)));
        assert_eq!(of(&[7]), Ok((1, 7)));
        assert_eq!(of(&[6, 3, 5, 5]), Ok((6, 75)));
        assert_eq!(of(&[0, 4]), Ok((0, 4)));
        assert_eq!(of(&[1 << 20, 1 << 20]), Ok((1 << 20, 1 << 20)));
        let refused = of(&[1 << 20, 2, 1 << 20]).unwrap_err().to_string();
        assert!(refused.contains("1048576x2"), "{refused}");
        assert!(of(&[usize::MAX, usize::MAX, usize::MAX]).is_err());
        for planes in [0, 33] {
            assert_eq!(Part::new(1, 1, planes), Err(LayoutError::Planes { found: planes }));
        }
    }
}
