//! Why the gateway did not start, told to a person: what, why, and what to do.

use std::error::Error;
use std::process::ExitCode;

use crate::print;

/// An end that is not the gateway's purpose.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The configuration file, a flag or the environment.
    #[error("the configuration cannot be used")]
    Config(#[from] crate::config::ConfigError),
    /// A part that the gateway stands on is missing.
    #[error("{what}")]
    Start {
        /// What failed, and what to do about it.
        what: String,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Failure {
    pub(crate) fn start(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        let (what, source) = (what.into(), source.into());
        Self::Start { what, source }
    }

    pub(crate) fn exit(&self) -> ExitCode {
        report_chain(self);
        match self {
            Self::Config(_) => ExitCode::from(2),
            Self::Start { .. } => ExitCode::FAILURE,
        }
    }
}

/// Reports a failure that has no kind of its own.
pub(crate) fn report(what: &str, cause: &dyn Error) -> ExitCode {
    print::error(&format!("error: {what}"));
    print_causes(Some(cause));
    ExitCode::FAILURE
}

/// What and why in one line.
pub(crate) fn sentence(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    format!("{error}{}", causes.collect::<String>())
}

fn report_chain(error: &dyn Error) {
    print::error(&format!("error: {error}"));
    print_causes(error.source());
}

fn print_causes(first: Option<&dyn Error>) {
    for cause in std::iter::successors(first, |&cause| cause.source()) {
        print::error(&format!("  because: {cause}"));
    }
}
