//! A new file for one secret: mode 0600, made before the secret is, and never in place of another.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A new file for one secret; removed again if nothing is written.
pub(crate) struct SecretFile {
    path: PathBuf,
    file: File,
    written: bool,
}

impl SecretFile {
    /// Makes the file, so that a secret is not made where it could not be kept.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        let file = options.open(path).map_err(|error| {
            let path = path.display();
            if error.kind() == std::io::ErrorKind::AlreadyExists {
                return Failure::input(format!("`{path}` is there already and is not overwritten"))
                    .hint("name a new file for the secret");
            }
            Failure::input(format!("`{path}` cannot be created: {error}"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            written: false,
        })
    }

    /// Writes the secret, and has it on the disk.
    pub(crate) fn write(mut self, secret: &str) -> Result<PathBuf, Failure> {
        let written = writeln!(self.file, "{secret}");
        written
            .and_then(|()| self.file.sync_all())
            .map_err(|error| {
                let path = self.path.display();
                Failure::failed(format!("the secret cannot be written to `{path}`: {error}"))
                    .hint("it is lost: make another one, and take this one back")
            })?;
        self.written = true;
        Ok(self.path.clone())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if !self.written {
            // What is left behind is empty at worst, and its name says what it was for.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
