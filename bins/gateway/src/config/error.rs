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
    Form { path: PathBuf, source: FormError },
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

/// Why a file is not TOML, or has what no key takes. What the file has there is not told: it may be
/// a secret, and this is printed and logged.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub(crate) struct FormError {
    line: usize,
    column: usize,
    problem: String,
}

impl ConfigError {
    /// Keys that do not fit each other.
    pub(super) fn together(path: &Path, sentence: &'static str) -> Self {
        let path = path.into();
        Self::Together { path, sentence }
    }
}

impl FormError {
    /// What was wrong with this text.
    pub(super) fn of(text: &str, mut error: toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        // Without the text it tells no line of it, and the key instead.
        error.set_input(None);
        let problem = error.to_string().trim_end().replace('\n', " ");
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            problem: without_value(&problem),
        }
    }
}

/// Where a value has another type than its key, the parser tells that value.
fn without_value(problem: &str) -> String {
    let told = problem.split_once(": string \"");
    match told.and_then(|(kind, rest)| Some((kind, rest.rsplit_once("\", expected ")?))) {
        Some((kind, (_, expected))) => format!("{kind}: a text, expected {expected}"),
        None => problem.to_owned(),
    }
}
