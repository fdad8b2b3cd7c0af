//! A stream of server-sent events, cut anywhere: each event is looked at once, whole where it is
//! small, and in passing where it is large.

use memchr::memchr2;

use super::Surface;
use super::document::Document;
use super::ends::Ends;
use super::lines::Lines;
use super::skim::Skim;
use super::stencil::{Match, Stencil};
use super::tally::Tally;

/// Larger events are not held back until they are whole.
pub(super) const MOST_HELD: usize = 4096;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Debug)]
pub(super) struct Events {
    surface: Surface,
    skim: Skim,
    stencil: Stencil,
    ends: Ends,
    /// The beginning of an event of which the end has not come.
    held: Vec<u8>,
    /// The reader of an event that is too large to be held.
    large: Option<Box<Lines>>,
    is_first: bool,
}

impl Events {
    pub(super) fn new(surface: Surface) -> Self {
        Self {
            surface,
            skim: Skim::new(surface),
            stencil: Stencil::new(),
            ends: Ends::NEW,
            held: Vec::new(),
            large: None,
            is_first: true,
        }
    }

    pub(super) const fn held(&self) -> usize {
        self.held.len()
    }

    /// How an event is read depends on its size alone, and not on where it is cut.
    pub(super) fn push(&mut self, mut rest: &[u8], tally: &mut Tally) {
        loop {
            rest = self.alike(rest, tally);
            let Some((event, after)) = self
                .ends
                .find(rest)
                .and_then(|end| rest.split_at_checked(end))
            else {
                break;
            };
            self.event(event, tally);
            self.ends = Ends::NEW;
            rest = after;
        }
        if !rest.is_empty() {
            self.hold(rest, tally);
        }
    }

    /// Passes over the events that are like the one before, if the last one has ended.
    fn alike<'a>(&mut self, mut rest: &'a [u8], tally: &mut Tally) -> &'a [u8] {
        if !self.held.is_empty() || self.large.is_some() {
            return rest;
        }
        while let Some(found) = self.stencil.find(rest)
            && found.len <= MOST_HELD
        {
            self.found(found, tally);
            rest = rest.get(found.len..).unwrap_or_default();
        }
        rest
    }

    /// The last bytes of an event.
    fn event(&mut self, last: &[u8], tally: &mut Tally) {
        if self.held.is_empty() && self.large.is_none() && last.len() <= MOST_HELD {
            self.whole(last, tally);
            return;
        }
        self.hold(last, tally);
        self.end(tally);
    }

    fn hold(&mut self, part: &[u8], tally: &mut Tally) {
        if let Some(large) = &mut self.large {
            large.push(part, tally);
        } else if self.held.len().saturating_add(part.len()) <= MOST_HELD {
            let needed = self.held.len().saturating_add(part.len());
            let room = needed.next_power_of_two().min(MOST_HELD);
            self.held
                .reserve_exact(room.saturating_sub(self.held.len()));
            self.held.extend_from_slice(part);
        } else {
            self.held.reserve_exact(BYTE_ORDER_MARK.len());
            // The mark may have been cut: it is taken off where it is whole.
            let short = BYTE_ORDER_MARK.len().saturating_sub(self.held.len());
            let (head, tail) = part.split_at_checked(short).unwrap_or((part, &[]));
            self.held.extend_from_slice(head);
            let held = std::mem::take(&mut self.held);
            let mut lines = Box::new(Lines::new(Document::event(self.surface)));
            lines.push(self.without_mark(&held), tally);
            lines.push(tail, tally);
            self.large = Some(lines);
        }
    }

    /// The stream has ended. What it left behind counts where its JSON is whole: it is what the
    /// provider said, although many clients drop an event without its empty line.
    pub(super) fn finish(&mut self, tally: &mut Tally) {
        if self.large.is_none() {
            let held = std::mem::take(&mut self.held);
            let event = self.without_mark(&held);
            Lines::new(Document::event(self.surface)).push(event, tally);
        }
    }

    fn end(&mut self, tally: &mut Tally) {
        if self.large.take().is_none() {
            let mut held = std::mem::take(&mut self.held);
            self.whole(&held, tally);
            held.clear();
            self.held = held;
        }
    }

    fn whole(&mut self, event: &[u8], tally: &mut Tally) {
        let event = self.without_mark(event);
        if self.ends.lines == 0 {
            return;
        }
        if let Some(found) = self.stencil.find(event)
            && found.len == event.len()
        {
            self.found(found, tally);
            return;
        }
        match single_data(event, self.ends.lines) {
            Some(data) if self.skim.passes_over(data) => {
                let text = self.skim.text(data);
                tally.add_text(text);
                if self.stencil.wants() {
                    self.stencil.cut(event, text, self.skim.holes(event));
                }
            }
            Some(data) if self.skim.has_counts_only(data) => self.counted(event, data, tally),
            Some(data) => Document::event(self.surface).push(data, tally),
            None => Lines::new(Document::event(self.surface)).push(event, tally),
        }
    }

    fn found(&self, found: Match, tally: &mut Tally) {
        tally.add_text(found.text);
        if let Some(report) = self.stencil.report() {
            tally.counts(report, false);
        }
    }

    /// An event whose usage is read, and whose shape is kept for the next one.
    fn counted(&mut self, event: &[u8], data: &[u8], tally: &mut Tally) {
        let (before, reports) = (tally.text, tally.reports);
        Document::event(self.surface).push(data, tally);
        let text = usize::try_from(tally.text.saturating_sub(before)).unwrap_or(usize::MAX);
        if let Some(report) = tally.report()
            && tally.reports > reports
            && self.stencil.wants()
        {
            let holes = self.skim.holes(event);
            self.stencil.cut_counted(event, text, report, holes);
        }
    }

    fn without_mark<'a>(&mut self, event: &'a [u8]) -> &'a [u8] {
        if !std::mem::take(&mut self.is_first) {
            return event;
        }
        event.strip_prefix(BYTE_ORDER_MARK).unwrap_or(event)
    }
}

/// The data of an event in the forms that nearly all have: a line of data, or its name (or an id,
/// or a comment) and a line of data.
fn single_data(event: &[u8], lines: u32) -> Option<&[u8]> {
    let data = match lines {
        1 => event.strip_prefix(b"data:")?,
        2 if !event.starts_with(b"data") => {
            let first = memchr2(b'\r', b'\n', event)?;
            let line = match event.get(first..)? {
                [b'\r', b'\n', line @ ..] | [_, line @ ..] => line,
                [] => return None,
            };
            line.strip_prefix(b"data:")?
        }
        _ => return None,
    };
    Some(data.trim_ascii())
}
