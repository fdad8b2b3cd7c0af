//! The commands of sealing keys.

use std::path::PathBuf;

use clap::Subcommand;

/// What can be done with sealing keys.
#[derive(Debug, Subcommand)]
pub(crate) enum SealingKeyCommand {
    /// Write a new random key into a new file, which only its owner can read
    New {
        /// The file, which must not be there
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}
