//! Why the journal did not do as it was asked.

use std::io;
use std::path::PathBuf;

/// Why a journal cannot be opened, or a record not be written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("the journal `{path}` cannot be {doing}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a participle: opened, read, written.
        doing: &'static str,
        /// Why it was refused.
        source: io::Error,
    },
    /// A journal has one process at a time, and this one has another.
    #[error("the journal `{path}` is in use by another process", path = path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else, and was left as it is.
    #[error("the file `{path}` is not a journal", path = path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// Another version of this program made the file, and it was left as it is.
    #[error("the journal `{path}` has format {found}, and only format {known} is known here", path = path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The version that is understood.
        known: u32,
    },
    /// The file starts as a journal does but its header was cut or garbled; it was left as it is.
    #[error("the header of the journal `{path}` is damaged: restore the file, or move it away to start a new one", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The record does not fit.
    #[error("a record of {length} bytes does not fit: {most} is the most")]
    TooLong {
        /// Bytes that were given.
        length: usize,
        /// Bytes that fit.
        most: usize,
    },
}

/// Why a record was not begun. Nothing of it stays.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Every slot is in use: begun and not settled, or settled and not cleared.
    #[error("all {most} slots of the journal are in use")]
    Full {
        /// The slots that the journal was opened with.
        most: u32,
    },
    /// The record does not fit.
    #[error("a record of {length} bytes does not fit: {most} is the most")]
    TooLong {
        /// Bytes that were given.
        length: usize,
        /// Bytes that fit.
        most: usize,
    },
    /// The disk is full, or the operating system refused for another reason.
    #[error("the journal has no place for a record")]
    Io(#[from] JournalError),
}
