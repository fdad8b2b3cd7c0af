//! Sentences that use cases make in English, said in Chinese on pages: `text/zh.said` has a pattern
//! for each. The English sentence is the key, so that nothing below the pages knows of languages.

mod pattern;
mod table;

use std::sync::LazyLock;

use self::pattern::{Place, Take};
use self::table::{Entry, Table};
use super::Say;

const CHINESE: &str = include_str!("../../text/zh.said");

static CHINESE_TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(CHINESE).0);

/// The longest text that is looked up, in bytes. What people write is cut long before.
const LONGEST: usize = 8192;
/// So often a value of a sentence is one with values of its own.
const DEEPEST: u8 = 6;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// In the language of the page, or in none: a name, a number.
    Own(String),
    /// English on a page in another language.
    English(String),
}

impl Say {
    /// A sentence that a use case made, or several, of a section of the table: each part of it in
    /// this language as far as somebody wrote that.
    pub(crate) fn said(self, section: &str, text: &str) -> Vec<Part> {
        if self == Self::English {
            return vec![Part::Own(text.to_owned())];
        }
        let found = (text.len() <= LONGEST).then(|| CHINESE_TABLE.say(section, text, 0));
        let found = found.flatten().map(|found| found.0);
        found.unwrap_or_else(|| vec![Part::left(text)])
    }
}

impl Part {
    /// A text that nobody translated: names and numbers, one or a list of them, are in no language.
    fn left(text: &str) -> Self {
        let plain = unquoted(text);
        let is_value = !plain.is_ascii() || plain.split(", ").all(|one| !one.contains(' '));
        match is_value {
            true => Self::Own(text.to_owned()),
            false => Self::English(text.to_owned()),
        }
    }
}

/// Parts, of which two in the same language never follow each other.
#[derive(Debug, Default)]
struct Found(Vec<Part>);

impl Found {
    fn own(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Part::Own(last)) => last.push_str(text),
            _ => self.0.push(Part::Own(text.to_owned())),
        }
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Own(text) => self.own(&text),
            english @ Part::English(_) => self.0.push(english),
        }
    }
}

impl Table {
    /// The text in Chinese; `None` where nobody wrote that.
    fn say(&self, section: &str, text: &str, depth: u8) -> Option<Found> {
        let section = self.section(section).filter(|_| depth < DEEPEST)?;
        let any = |text, plain| {
            let mut entries = section.entries.iter();
            entries.find_map(|entry| self.fill(entry, text, plain, depth))
        };
        let one = |text| any(text, true).or_else(|| any(text, false));
        let Some(joint) = &section.joint else {
            return one(text);
        };
        let mut found = Found::default();
        for (i, part) in parts(text, joint.english).into_iter().enumerate() {
            found.own(if i == 0 { "" } else { joint.chinese });
            one(part)?.0.into_iter().for_each(|part| found.take(part));
        }
        Some(found)
    }

    /// The Chinese of an entry with the values of a text, if it is one of the entry's, with plain
    /// values or with others.
    fn fill(&self, entry: &Entry, text: &str, plain: bool, depth: u8) -> Option<Found> {
        let values = entry.english.values(text)?;
        if entry.english.is_plain(&values) != plain {
            return None;
        }
        let mut found = Found::default();
        found.own(entry.chinese.head);
        for (place, after) in &entry.chinese.places {
            let (_, value) = values.iter().find(|(one, _)| *one == place)?;
            let said = self.value(*place, value, depth)?;
            said.0.into_iter().for_each(|part| found.take(part));
            found.own(after);
        }
        Some(found)
    }

    fn value(&self, place: Place, text: &str, depth: u8) -> Option<Found> {
        let own = |text: String| Some(Found(vec![Part::Own(text)]));
        match place.take {
            Take::Name => own(Say::Chinese.named(place.name, text)?),
            Take::Perhaps => {
                let found = self.say(place.name, text, depth + 1);
                found.or_else(|| Some(Found(vec![Part::left(text)])))
            }
            Take::Plain if self.section(place.name).is_some() => {
                self.say(place.name, text, depth + 1)
            }
            Take::Plain => own(text.to_owned()),
        }
    }
}

/// The parts of a text between joints. A joint between backticks is none.
fn parts<'t>(text: &'t str, joint: &str) -> Vec<&'t str> {
    let (mut found, mut begin, mut quoted) = (Vec::new(), 0, false);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if !quoted && rest.starts_with(joint) {
            found.extend(text.get(begin..at));
            at += joint.len();
            begin = at;
            continue;
        }
        quoted ^= rest.starts_with('`');
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    found.extend(text.get(begin..));
    found
}

/// A text without what is between its backticks.
fn unquoted(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests;
