//! Why a configuration cannot be used: each names the file and the key, and what would be right.

use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("`{path}` cannot be read", path = path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{path}` is not understood", path = path.display())]
    Form {
        path: PathBuf,
        source: Box<toml::de::Error>,
    },
    #[error("`{path}`: `{key}` is not understood", path = path.display())]
    Network {
        path: PathBuf,
        key: &'static str,
        source: tollgate_policy::network::NetworkError,
    },
    #[error("`{path}`: `{key}` is not understood", path = path.display())]
    Url {
        path: PathBuf,
        key: &'static str,
        source: url::ParseError,
    },
    #[error("`{path}`: {sentence}", path = path.display())]
    Together {
        path: PathBuf,
        sentence: &'static str,
    },
    #[error("`{path}`: `{key}` must be from {least} to {most}, and is {seen}", path = path.display())]
    Range {
        path: PathBuf,
        key: &'static str,
        least: u64,
        most: u64,
        seen: u64,
    },
    #[error("`{path}`: `{key}` must be from 0 to 1, and is {seen}", path = path.display())]
    Ratio {
        path: PathBuf,
        key: &'static str,
        seen: f64,
    },
}

impl ConfigError {
    /// Keys that do not fit each other.
    pub(super) fn together(path: &Path, sentence: &'static str) -> Self {
        let path = path.into();
        Self::Together { path, sentence }
    }
}
