//! The command line of Tollgate's operators: reads what is asked for, has it done by
//! `tollgate-admin-core`, and shows what came of it. It has no rules of its own.

mod arguments;
mod command;
mod confirm;
mod failure;
mod manual;
mod output;
mod secret_file;
mod session;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Format};
use crate::failure::Failure;
use crate::output::Output;

/// How a command ended that did what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    /// An upstream did not pass its test.
    TestFailed,
    /// The explained call is refused.
    Refused,
    /// The audit log was tampered with.
    AuditBroken,
}

impl Ending {
    /// This ending, also where nobody reads the output to its end.
    fn after(self, shown: Result<(), Failure>) -> Result<Self, Failure> {
        match shown {
            Ok(()) | Err(Failure::ReaderGone) => Ok(self),
            Err(failure) => Err(failure),
        }
    }
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let output = Output::new(arguments.global.output);
    match run(arguments, &output) {
        Ok(ending) => ending.into(),
        Err(failure) => failure.report(&output),
    }
}

fn run(arguments: Arguments, output: &Output) -> Result<Ending, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(command::run(arguments, output))
}

/// Help and version are what was asked for. Anything else that clap says is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && json_wanted() {
        let output = Output::new(Format::Json);
        let text = error.to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text);
        return Failure::usage(message.trim_end()).report(&output);
    }
    // A reader that has gone away is no failure.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Whether JSON was asked for on a command line that clap could not read.
fn json_wanted() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    let mut last = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--output") => last = arguments.next(),
            Some(text) => last = text.strip_prefix("--output=").map(Into::into).or(last),
            None => {}
        }
    }
    let wanted = last.or_else(|| std::env::var_os("TOLLGATE_OUTPUT"));
    wanted.is_some_and(|format| format == "json")
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::Done => 0,
            Ending::TestFailed => 1,
            Ending::Refused => 3,
            Ending::AuditBroken => 4,
        })
    }
}
