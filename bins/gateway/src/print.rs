//! What the gateway says on a terminal. A reader that has gone away is no failure.

use std::io::Write;

/// Writes a line to standard output.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes a line to standard error.
pub(crate) fn error(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
