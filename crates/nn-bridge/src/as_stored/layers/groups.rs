//! Which rows or columns of weights have their scales in common, where a tensor says so.

use crate::weights::{Dtype, Tensor};

use super::numbers::is;

/// The group of each row or column, by a tensor.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// That says it, in I32.
    pub(super) tensor: &'a Tensor,
    /// The rows or columns of each group.
    members: Vec<Vec<u32>>,
}

impl<'a> Groups<'a> {
    /// Those of `len` rows or columns; none if one of them has no such group.
    pub(super) fn of(tensor: &'a Tensor, groups: u64, len: u64) -> Option<Self> {
        if !is(tensor, Dtype::I32, &[len]) {
            return None;
        }
        let mut members = vec![Vec::new(); usize::try_from(groups).ok()?];
        let (words, _) = tensor.bytes().as_chunks::<4>();
        for (member, &word) in (0..).zip(words) {
            members.get_mut(usize::try_from(i32::from_le_bytes(word)).ok()?)?.push(member);
        }
        Some(Self { tensor, members })
    }

    /// The group of a row or column, as these bytes say; none if there is no such group.
    pub(super) fn at(&self, bytes: &[u8], member: u64) -> Option<u64> {
        let (words, _) = bytes.as_chunks::<4>();
        let group = i32::from_le_bytes(*words.get(usize::try_from(member).ok()?)?);
        u64::try_from(group).ok().filter(|&group| group < self.members.len() as u64)
    }

    /// The rows or columns of a group, ascending.
    pub(super) fn members(&self, group: u64) -> impl Iterator<Item = u64> {
        self.members.get(group as usize).into_iter().flatten().map(|&member| member.into())
    }
}
