//! The file under a journal: made, locked, grown, read and written. Knows no records.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::JournalError;
use crate::header::{self, Fault};
use crate::mapped::Mapped;
use crate::part::{HEADER, SLOT, start};

pub(crate) struct JournalFile {
    file: Arc<File>,
    path: PathBuf,
    mapped: Option<Mapped>,
}

impl JournalFile {
    /// Opens and locks the file, and gives the identity in it. Makes it if it is not there, or
    /// empty; any other file that is not a sound journal is left as it is.
    pub(crate) fn open(
        path: &Path,
        most_slots: u32,
        new_identity: [u8; 16],
    ) -> Result<(Self, [u8; 16]), JournalError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path);
        let path = path.to_owned();
        let file = match file {
            Ok(file) => Arc::new(file),
            Err(source) => return Err(failed(path, "opened", source)),
        };
        let mapped = Mapped::new(&file, most_slots);
        let file = Self { file, path, mapped };
        file.lock()?;
        if file.length()? == 0 {
            file.make(new_identity)?;
        }
        let identity = file.identity()?;
        Ok((file, identity))
    }

    /// Bytes in the file.
    pub(crate) fn length(&self) -> Result<u64, JournalError> {
        let metadata = self.file.metadata().map_err(|e| self.failed("read", e))?;
        if !metadata.is_file() {
            let path = self.path.clone();
            return Err(JournalError::NotAJournal { path });
        }
        Ok(metadata.len())
    }

    /// Writes into a slot or the header: into memory where it is mapped, and else with one system
    /// call, unless the operating system cuts it short.
    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> Result<(), JournalError> {
        if let Some(mapped) = &self.mapped
            && mapped.write(bytes, at)
        {
            return Ok(());
        }
        let written = self.file.write_all_at(bytes, at);
        written.map_err(|e| self.failed("written", e))
    }

    /// Fills the buffer from the file, and with zeros beyond its end.
    pub(crate) fn read(&self, buffer: &mut [u8], at: u64) -> Result<(), JournalError> {
        let (mut rest, mut at) = (buffer, at);
        while !rest.is_empty() {
            match self.file.read_at(rest, at) {
                Ok(0) => {
                    rest.fill(0);
                    break;
                }
                Ok(read) => {
                    rest = rest.get_mut(read..).unwrap_or_default();
                    at = at.saturating_add(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("read", error)),
            }
        }
        Ok(())
    }

    /// Makes room for up to `more` slots after the first `room`, by writing zeros: what was written
    /// once can be written over on a full disk. Gives how many there was space for, at least 1.
    pub(crate) fn extend(&self, room: u32, more: u32) -> Result<u32, JournalError> {
        let zeros = vec![0; (u64::from(more) * SLOT) as usize];
        let mut written = 0;
        while let Some(rest) = zeros.get(written..).filter(|rest| !rest.is_empty()) {
            match self.file.write_at(rest, start(room) + written as u64) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if (written as u64) < SLOT => {
                    return Err(self.failed("extended", error));
                }
                Err(_) => break,
            }
        }
        match u32::try_from(written as u64 / SLOT).unwrap_or(more) {
            0 => Err(self.failed("extended", io::ErrorKind::WriteZero.into())),
            slots => Ok(slots),
        }
    }

    /// Returns when what was written would survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        let synced = self.file.sync_data();
        synced.map_err(|e| self.failed("synced", e))
    }

    fn lock(&self) -> Result<(), JournalError> {
        let path = self.path.clone();
        match self.file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed(path, "locked", source)),
        }
    }

    fn make(&self, identity: [u8; 16]) -> Result<(), JournalError> {
        let made = self
            .file
            .write_all_at(&header::encode(identity), 0)
            .and_then(|()| self.file.sync_all())
            .and_then(|()| sync_folder(&self.path));
        made.map_err(|error| {
            // Half a header would be refused for ever; an empty file is made into a journal.
            let _ = self.file.set_len(0);
            self.failed("made", error)
        })
    }

    fn identity(&self) -> Result<[u8; 16], JournalError> {
        let length = self.length()?.min(HEADER);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        self.read(&mut bytes, 0)?;
        let path = || self.path.clone();
        header::decode(&bytes).map_err(|fault| match fault {
            Fault::NotAJournal => JournalError::NotAJournal { path: path() },
            Fault::Damaged => JournalError::Damaged { path: path() },
            Fault::OtherVersion(found) => JournalError::OtherVersion {
                path: path(),
                found,
                known: header::VERSION,
            },
        })
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> JournalError {
        failed(self.path.clone(), doing, source)
    }
}

impl Drop for JournalFile {
    /// A child process between its fork and its exec has the file open too. Closing it here would
    /// leave it locked for as long.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

fn failed(path: PathBuf, doing: &'static str, source: io::Error) -> JournalError {
    JournalError::Io {
        path,
        doing,
        source,
    }
}

/// So that the name of a new file survives a power cut too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
