//! Metrics that are read at the moment of asking, in the text format of OpenMetrics.

use std::fmt::{Display, Result, Write};

/// A page of metrics that is being written.
pub(super) struct Text<'a>(pub(super) &'a mut String);

impl Text<'_> {
    /// What goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) -> Result {
        self.head("gauge", name, help)?;
        writeln!(self.0, "{name} {value}")
    }

    /// What only goes up.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Display) -> Result {
        self.head("counter", name, help)?;
        writeln!(self.0, "{name}_total {value}")
    }

    /// The start of a family; its lines follow with [`Text::labelled`].
    pub(super) fn head(&mut self, kind: &str, name: &str, help: &str) -> Result {
        writeln!(self.0, "# HELP {name} {help}.\n# TYPE {name} {kind}")
    }

    /// One line of a family, whose labels are names that operators chose or words of ours.
    pub(super) fn labelled(
        &mut self,
        name: &str,
        labels: &[(&str, &str)],
        value: impl Display,
    ) -> Result {
        let labels = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escape(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        if labels.is_empty() {
            return writeln!(self.0, "{name} {value}");
        }
        writeln!(self.0, "{name}{{{labels}}} {value}")
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_out_of_their_line() {
        let mut page = String::new();
        let mut text = Text(&mut page);
        text.head("gauge", "a", "What").unwrap();
        text.labelled("a", &[("name", "x\"} 1\n\\")], 2).unwrap();
        let line = "a{name=\"x\\\"} 1\\n\\\\\"} 2";
        assert_eq!(page, format!("# HELP a What.\n# TYPE a gauge\n{line}\n"));
    }
}
