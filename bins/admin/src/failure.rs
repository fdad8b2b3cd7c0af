//! Why a command failed, told to a person or a script: what, and what to do about it.

use std::error::Error;
use std::process::ExitCode;

use serde::Serialize;
use tollgate_admin_core::{AdminError, ErrorKind, StoreError};

use crate::output::Output;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something to be told.
    Told(Told),
    /// Nobody reads the output any more: what was asked for is done.
    ReaderGone,
}

/// What is told of a failure.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    kind: &'static str,
    message: String,
    hint: Option<String>,
    #[serde(skip)]
    code: u8,
}

impl Failure {
    /// The command line is not one that can be carried out.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::told("usage", message, 2)
    }

    /// An input cannot be used.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::told(ErrorKind::InvalidInput.name(), message, 2)
    }

    /// Something outside did not do its part.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::told("failed", message, 1)
    }

    fn told(kind: &'static str, message: impl Into<String>, code: u8) -> Self {
        Self::Told(Told {
            kind,
            message: message.into(),
            hint: None,
            code,
        })
    }

    /// The same failure, with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Self::Told(told) = &mut self {
            told.hint = Some(hint.into());
        }
        self
    }

    /// The same failure of an output with a secret: where nobody reads it, it was not handed over.
    pub(crate) fn of_secret(self, hint: impl Into<String>) -> Self {
        let failure = match self {
            Self::ReaderGone => {
                Self::failed("the secret was not handed over: nobody reads the output")
            }
            told @ Self::Told(_) => told,
        };
        failure.hint(hint)
    }

    /// Tells of the failure, and gives the exit code.
    pub(crate) fn report(self, output: &Output) -> ExitCode {
        let Self::Told(told) = self else {
            return ExitCode::SUCCESS;
        };
        output.failure(
            &told.message,
            told.hint.as_deref(),
            &ErrorBody { error: &told },
        );
        ExitCode::from(told.code)
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a Told,
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        let code = match error.kind() {
            ErrorKind::InvalidInput => 2,
            ErrorKind::NotFound => 5,
            ErrorKind::Conflict
            | ErrorKind::Stale
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden
            | ErrorKind::TooMany
            | ErrorKind::IssuerUnavailable
            | ErrorKind::StoreUnavailable => 1,
        };
        let failure = Self::told(error.kind().name(), chain(&error), code);
        match hint(&error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::failed(error.to_string()),
        }
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // Some errors repeat their cause in their own text.
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        next = cause.source();
    }
    told
}

fn hint(error: &AdminError) -> Option<String> {
    match error {
        AdminError::NotFound { kind, .. } => Some(format!(
            "`tollgate-admin {kind} list` shows every {kind} with its id"
        )),
        AdminError::NoReceipt { .. } => Some(
            "a receipt is written when its call ends; `tollgate-admin receipt list` shows the newest"
                .to_owned(),
        ),
        AdminError::Unlimited { account } => Some(format!(
            "limit it to what it was given by `tollgate-admin account edit '{account}' --limited`, then add credits; give it a credit line first where its calls are to go on meanwhile"
        )),
        AdminError::Invalid { field: "price", .. } => Some(
            "such as `input=2.5,cached-input=1.25,output=10` (credits per million tokens), `request=0.001` (credits apiece), `free` or `unknown`"
                .to_owned(),
        ),
        AdminError::Ambiguous { .. } => {
            Some("`tollgate-admin token list --search NAME` shows their ids".to_owned())
        }
        AdminError::Store(StoreError::Key(_)) => Some(
            "name the key file that was made with this database: --key-file, or TOLLGATE_KEY_FILE"
                .to_owned(),
        ),
        AdminError::Store(StoreError::Open { .. }) => {
            Some("name the database by --store, or TOLLGATE_STORE".to_owned())
        }
        AdminError::Store(StoreError::Unavailable(_)) => {
            Some("nothing was changed; try again, and check that the database is up".to_owned())
        }
        _ => None,
    }
}
