//! What `sram-sim inject --as-stored` writes: the files that the tensors lie in, with bits inverted.

use crate::{UsageError, weights};
use anyhow::Result;
use cli_io::{Files, Output, OutputPath};
use flip_core::SparseMask;
use nn_bridge::{ImageLayout, StoredImage, WeightFile};

/// Where each file is written, in their order: the file that was asked for, or files of the same names in that folder.
pub(super) struct InPlace(Vec<Output>);

impl InPlace {
    pub(super) fn of(path: Option<&OutputPath>, file: &WeightFile, files: &Files) -> Result<Self> {
        let Some(path) = path else { return Ok(Self(Vec::new())) };
        if file.files().len() == 1 {
            check_name(path, file)?;
            return Ok(Self(vec![files.output(path)?]));
        }
        if files.is_stream(path) || weights::kind(path).is_some() {
            let text = format!(
                "{path}: the model lies in {} files, expected a folder for as many",
                file.files().len()
            );
            return Err(UsageError(text).into());
        }
        let folder = files.output_folder(path)?;
        Ok(Self(file.files().map(|name| folder.output(name)).collect::<Result<_, _>>()?))
    }

    pub(super) fn outputs(&self) -> &[Output] {
        &self.0
    }

    /// Writes all files with these errors of an image.
    pub(super) fn write(
        &self,
        file: &WeightFile,
        image: &StoredImage<'_>,
        layout: &ImageLayout,
        errors: &SparseMask,
    ) -> Result<()> {
        let mut inverted = image.by_tensor(layout, errors);
        for (number, output) in self.0.iter().enumerate() {
            output.write(|out| file.write_inverted(number, out, &mut inverted))?;
        }
        Ok(())
    }
}

/// Checks that the name of the output does not say another kind than that of the input.
fn check_name(path: &OutputPath, file: &WeightFile) -> Result<(), UsageError> {
    let read = file.files().next().unwrap_or_default().to_lowercase();
    let of_read = weights::KINDS.into_iter().find(|kind| read.ends_with(&format!(".{kind}")));
    match (of_read, weights::kind(path)) {
        (Some(read), Some(written)) if read != written => Err(UsageError(format!(
            "{path}: with --as-stored the same file is written, expected a name with .{read}"
        ))),
        _ => Ok(()),
    }
}
