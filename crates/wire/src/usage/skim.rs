//! A glance at the data of an event: whether it may say anything of usage or ending, and else how
//! much text is in it. Nearly all events of a stream go no further.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr, memchr2};

use super::Surface;
use super::report::Slot;
use super::stencil::{Fill, Hole};

#[derive(Debug)]
pub(super) struct Skim {
    surface: Surface,
    words: &'static Words,
}

/// What is searched for on a surface. Making it ready takes longer than to use it.
#[derive(Debug)]
struct Words {
    signs: [Option<Finder<'static>>; 4],
    anchor: Finder<'static>,
}

static WORDS: LazyLock<[Words; Surface::ALL.len()]> = LazyLock::new(|| {
    Surface::ALL.map(|surface| {
        let mut signs = surface.signs().iter().map(Finder::new);
        Words {
            signs: [(); 4].map(|()| signs.next()),
            anchor: Finder::new(surface.text_anchor()),
        }
    })
});

impl Skim {
    pub(super) fn new(surface: Surface) -> Self {
        let all = WORDS.iter().zip(Surface::ALL);
        let [first, ..] = &*WORDS;
        let words = all.fold(
            first,
            |found, (words, of)| {
                if of == surface { words } else { found }
            },
        );
        Self { surface, words }
    }

    /// Whether the data says for sure nothing that counts, but for its text.
    pub(super) fn passes_over(&self, data: &[u8]) -> bool {
        data.first() == Some(&b'{')
            && !self
                .words
                .signs
                .iter()
                .flatten()
                .any(|sign| says(data, sign))
            && !hides_letters(data)
    }

    /// Whether the data is an event of Gemini's that has a usage and, for sure, says nothing else but
    /// text: the next one is likely to differ in its counts alone.
    pub(super) fn has_counts_only(&self, data: &[u8]) -> bool {
        let mut others = self.words.signs.iter().flatten().skip(1);
        self.surface == Surface::Gemini
            && data.first() == Some(&b'{')
            && !others.any(|sign| says(data, sign))
            && !hides_letters(data)
    }

    /// The bytes of generated text in the data, as they stand there.
    pub(super) fn text(&self, data: &[u8]) -> usize {
        let (mut rest, mut bytes) = (data, 0);
        while let Some(at) = self.words.anchor.find(rest) {
            rest = rest
                .get(at + self.words.anchor.needle().len()..)
                .unwrap_or_default();
            let Some(value) = value(rest) else { continue };
            let (text, after) = match value.split_first() {
                Some((b'"', text)) => {
                    let len = string(text);
                    (len, text.get(len + 1..).unwrap_or_default())
                }
                Some((b'{', object)) => self.texts(object),
                _ => continue,
            };
            // What is within has been counted.
            (bytes, rest) = (bytes + text, after);
        }
        bytes
    }

    /// The texts in an object of which the brace has been read, and what follows it.
    fn texts<'a>(&self, mut rest: &'a [u8]) -> (usize, &'a [u8]) {
        let (mut bytes, mut depth) = (0, 1);
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => {
                    let len = string(rest);
                    let key = rest.get(..len).unwrap_or_default();
                    rest = rest.get(len + 1..).unwrap_or_default();
                    if let Some(text) = value(rest).and_then(|value| value.strip_prefix(b"\"")) {
                        let len = string(text);
                        if self.surface.is_text(true, key) {
                            bytes += len;
                        }
                        rest = text.get(len + 1..).unwrap_or_default();
                    }
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        (bytes, rest)
    }
}

impl Skim {
    /// The values that differ from event to event: text, and what OpenAI adds to it.
    pub(super) fn holes<'a>(&'a self, event: &'a [u8]) -> impl Iterator<Item = Hole> + 'a {
        let mut at = 0;
        std::iter::from_fn(move || {
            loop {
                at += memchr(b'"', event.get(at..)?)? + 1;
                let len = string(event.get(at..)?);
                let key = event.get(at..at + len)?;
                at += len + 1;
                let Some(value) = value(event.get(at..)?) else {
                    continue;
                };
                let start = event.len() - value.len();
                let hole = if let Some(text) = value.strip_prefix(b"\"") {
                    let (start, len) = (start + 1, string(text));
                    at = start + len + 1;
                    let fill = self.fill(key);
                    fill.map(|fill| Hole {
                        start,
                        end: start + len,
                        fill,
                    })
                } else {
                    let end = start
                        + value
                            .iter()
                            .take_while(|byte| byte.is_ascii_digit())
                            .count();
                    let fill = self.number(key).filter(|_| end > start);
                    fill.map(|fill| Hole { start, end, fill })
                };
                if hole.is_some() {
                    return hole;
                }
            }
        })
    }

    fn number(&self, key: &[u8]) -> Option<Fill> {
        Some(match (self.surface, key) {
            (Surface::Gemini, b"candidatesTokenCount") => Fill::Count(Slot::Output),
            (Surface::Gemini, b"thoughtsTokenCount") => Fill::Count(Slot::Reasoning),
            (Surface::Gemini, b"totalTokenCount") => Fill::Count(Slot::Total),
            (_, b"sequence_number") => Fill::Digits,
            _ => return None,
        })
    }

    fn fill(&self, key: &[u8]) -> Option<Fill> {
        if self.surface.is_text(true, key) {
            return Some(Fill::Text);
        }
        (key == b"obfuscation").then_some(Fill::Padding)
    }
}

/// Whether the sign is there, other than as a key whose value is null.
fn says(data: &[u8], sign: &Finder<'_>) -> bool {
    let mut rest = data;
    while let Some(at) = sign.find(rest) {
        rest = rest.get(at + sign.needle().len()..).unwrap_or_default();
        if !value(rest).is_some_and(|value| value.starts_with(b"null")) {
            return true;
        }
    }
    false
}

/// What follows the colon, if that is next.
fn value(rest: &[u8]) -> Option<&[u8]> {
    Some(
        rest.trim_ascii_start()
            .strip_prefix(b":")?
            .trim_ascii_start(),
    )
}

/// How long the string is of which the quote has been read.
fn string(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        if text.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
    text.len()
}

/// Whether a letter may be written as `\u0061`, so that a sign could be there unseen.
fn hides_letters(data: &[u8]) -> bool {
    let mut rest = data;
    while let Some(at) = memchr(b'\\', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        if matches!(rest, [b'u', b'0', b'0', b'4'..=b'7', ..]) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}
