//! What all documents of an answer say together.

use super::letters::Letters;
use super::queries::Queries;
use super::realtime::ResponseTag;
use super::report::Report;
use super::searches::Searches;
use super::{Ended, Metered, Surface};

#[derive(Debug)]
pub(super) struct Tally {
    surface: Surface,
    report: Option<Report>,
    provisional: bool,
    absurd: bool,
    /// How many reports there were.
    pub(super) reports: u64,
    pub(super) ended: Ended,
    /// Bytes of generated text.
    pub(super) text: u64,
    /// What was said in a transcript that comes in one piece.
    pub(super) letters: Option<Letters>,
    /// How long its sound is, in microseconds, by its own word.
    pub(super) lasts: Option<u64>,
    /// Bytes of generated sound, in base64.
    pub(super) sound: u64,
    /// What the last event of a realtime session says.
    pub(super) turn: Option<Turn>,
    /// Which response it is about.
    pub(super) about: Option<ResponseTag>,
    pub(super) searches: Searches,
    pub(super) queries: Queries,
}

/// An event of a realtime session that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Begins,
    Ends,
    Transcribed,
}

impl Tally {
    pub(super) const fn new(surface: Surface) -> Self {
        Self {
            surface,
            report: None,
            provisional: false,
            absurd: false,
            reports: 0,
            ended: Ended::Unmarked,
            text: 0,
            letters: None,
            lasts: None,
            sound: 0,
            turn: None,
            about: None,
            searches: Searches::NONE,
            queries: Queries::NONE,
        }
    }

    pub(super) fn add_text(&mut self, bytes: usize) {
        self.text = self.text.saturating_add(bytes as u64);
    }

    pub(super) fn add_sound(&mut self, bytes: usize) {
        self.sound = self.sound.saturating_add(bytes as u64);
    }

    /// What was taken for text is sound, as the document says behind it.
    pub(super) fn all_is_sound(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.sound = self.sound.saturating_add(text);
    }

    pub(super) fn end(&mut self, ended: Ended) {
        self.ended = self.ended.max(ended);
    }

    /// A report with counts that can be. The last one counts, or of Anthropic's all as one.
    /// `beginning`: it is that of `message_start`.
    pub(super) fn counts(&mut self, report: &Report, beginning: bool) {
        let merges = self.surface == Surface::Messages;
        if merges && self.absurd {
            return;
        }
        match &mut self.report {
            Some(known) if merges => known.merge(report),
            known => *known = Some(*report),
        }
        self.provisional = beginning;
        self.reports = self.reports.saturating_add(1);
    }

    /// The report that counts so far.
    pub(super) const fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// A report with a count that cannot be. Of Anthropic's it spoils the whole.
    pub(super) fn absurd(&mut self) {
        self.absurd = true;
        self.report = None;
    }

    pub(super) fn metered(&self) -> Metered {
        let searches = self.searches.count().max(self.queries.searches());
        let images = self.searches.images();
        let usage = |report: Report| {
            let mut usage = report.usage(self.surface);
            usage.searches = usage.searches.saturating_add(searches);
            usage.images = images;
            usage
        };
        Metered {
            usage: self.report.map(usage),
            searches,
            images,
            absurd: self.absurd,
            provisional: self.provisional && self.report.is_some(),
            ended: self.ended,
            output_bytes: self.text,
            letters: self.letters.map(Letters::count),
            lasts: self.lasts,
        }
    }
}
