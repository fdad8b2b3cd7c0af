//! The one place that writes to the terminal: tables for people, JSON for scripts.
//!
//! What comes from elsewhere is written so that it cannot steer a terminal.

pub(crate) mod escape;
mod table;

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::arguments::Format;
use escape::{json, visible};

pub(crate) use table::Table;

/// Where results go, and in which form.
pub(crate) struct Output {
    format: Format,
    /// The width of the terminal in columns; `None` where the output goes elsewhere.
    width: Option<u16>,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        let width = std::io::stdout().is_terminal().then(width);
        Self { format, width }
    }

    /// Whether results are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether tables are comma-separated values.
    pub(crate) fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// Writes one JSON document.
    pub(crate) fn document(&self, value: &impl Serialize) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(value)?;
        self.raw_line(&json(&text))
    }

    /// Writes a part of a JSON document, on one line.
    pub(crate) fn fragment(&self, before: &str, value: &impl Serialize) -> std::io::Result<()> {
        let text = serde_json::to_string(value)?;
        self.raw_line(&format!("{before}{}", json(&text)))
    }

    /// Writes a line of our own.
    pub(crate) fn line(&self, text: &str) -> std::io::Result<()> {
        self.raw_line(&visible(text))
    }

    /// Writes a table that fits the terminal, or lines of cells with tabs or commas between them.
    pub(crate) fn table(&self, table: &Table) -> std::io::Result<()> {
        if self.is_csv() {
            return self.bytes(table.csv().as_bytes());
        }
        self.raw_line(&table.render(self.width))
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Tells people something besides the result.
    pub(crate) fn notice(&self, text: &str) {
        if !self.is_json() {
            error_line(&visible(text));
        }
    }

    /// Asks something, and stays on the line.
    pub(crate) fn ask(&self, question: &str) {
        let mut err = std::io::stderr().lock();
        // The line break in a question is ours.
        let shown: Vec<_> = question.split('\n').map(visible).collect();
        // If the question cannot be seen, the answer will be wrong, and nothing is done.
        let _ = write!(err, "{}", shown.join("\n")).and_then(|()| err.flush());
    }

    /// Tells of a failure.
    pub(crate) fn failure(&self, message: &str, hint: Option<&str>, body: &impl Serialize) {
        if self.is_json() {
            let text = serde_json::to_string(body).unwrap_or_default();
            return error_line(&json(&text));
        }
        error_line(&format!("error: {}", visible(message)));
        if let Some(hint) = hint {
            error_line(&format!("hint: {}", visible(hint)));
        }
    }

    fn raw_line(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }
}

/// Nothing can be told to anyone where even this fails.
fn error_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn width() -> u16 {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.ok()
        .map(|size| size.ws_col)
        .filter(|columns| *columns >= 20)
        .unwrap_or(80)
}
