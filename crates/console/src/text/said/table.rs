//! The table of sentences, as its file has it.

use std::collections::BTreeMap;

use super::pattern::Pattern;

/// Sentences by section.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<&'static str, Section>);

/// Sentences that can stand in the same place.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// What is between several of them, where there may be several.
    pub(super) joint: Option<Joint>,
    /// The one with the most fixed text first.
    pub(super) entries: Vec<Entry>,
}

/// What is between two sentences.
#[derive(Debug)]
pub(super) struct Joint {
    pub(super) english: &'static str,
    pub(super) chinese: &'static str,
}

/// A sentence in both languages, with the same places.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) english: Pattern,
    pub(super) chinese: Pattern,
}

impl Table {
    /// Reads a file, whose form its head describes. Also gives the lines that cannot be read, which
    /// are left out.
    pub(super) fn read(text: &'static str) -> (Self, Vec<&'static str>) {
        let (mut table, mut odd) = (Self::default(), Vec::new());
        let (mut section, mut english) = (Section::default(), None);
        let mut name = "";
        for line in text.lines().map(str::trim_end) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(head) = line.strip_prefix('[') {
                table.put(name, std::mem::take(&mut section));
                (name, section.joint) = headed(head);
                odd.extend(english.take());
            } else if let Some(chinese) = line.strip_prefix("= ") {
                let entry = english.take().and_then(|one| Entry::read(one, chinese));
                match entry {
                    Some(entry) => section.entries.push(entry),
                    None => odd.push(line),
                }
            } else {
                odd.extend(english.replace(line));
            }
        }
        odd.extend(english);
        table.put(name, section);
        (table, odd)
    }

    /// A section by its name.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.0.get(name)
    }

    #[cfg(test)]
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &Section)> {
        self.0.iter().map(|(name, section)| (*name, section))
    }

    fn put(&mut self, name: &'static str, mut section: Section) {
        let longest_first = |one: &Entry| std::cmp::Reverse(one.english.fixed());
        section.entries.sort_by_key(longest_first);
        if !name.is_empty() {
            self.0.insert(name, section);
        }
    }
}

impl Entry {
    /// Reads both sides; `None` where one cannot be read, or has a place that the other has not.
    fn read(english: &'static str, chinese: &'static str) -> Option<Self> {
        let (english, chinese) = (Pattern::read(english)?, Pattern::read(chinese)?);
        let places = |one: &Pattern| {
            let mut places: Vec<_> = one.places.iter().map(|(place, _)| *place).collect();
            places.sort_unstable();
            places
        };
        let mut ours = places(&english);
        let same = ours == places(&chinese);
        ours.dedup_by_key(|place| place.name);
        let once = ours.len() == english.places.len();
        (same && once).then_some(Self { english, chinese })
    }
}

/// The name of a section, and what is between several sentences of it.
fn headed(head: &'static str) -> (&'static str, Option<Joint>) {
    let (name, rest) = head.split_once(']').unwrap_or((head, ""));
    let mut quoted = rest.split('"').skip(1).step_by(2);
    let joint = match (quoted.next(), quoted.next()) {
        (Some(english), Some(chinese)) => Some(Joint { english, chinese }),
        _ => None,
    };
    (name, joint)
}
