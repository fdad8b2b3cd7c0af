//! The shape that most events of a stream share: all bytes of one of them but for a few values.
//! An event of the same shape has nothing in it but text, and counts that are known by their place,
//! and is passed over by comparing bytes.

use super::report::{Report, Slot};

/// Larger events are no shape to compare with.
const LARGEST: usize = 1024;

/// More values than this do not differ between events worth comparing.
const MOST_HOLES: usize = 4;

/// Once this many shapes in a row have met no event like them, most events are not tried.
const PATIENCE: u32 = 8;

#[derive(Debug, Default)]
pub(super) struct Stencil {
    /// An event with its line ends.
    event: Vec<u8>,
    holes: [Hole; MOST_HOLES],
    misses: u32,
    /// What the last event of this shape counts, where events of this shape have counts.
    report: Option<Report>,
}

/// A value that may differ.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hole {
    /// Where it stands in the event: the inside of a string, or digits.
    pub(super) start: usize,
    /// Where it ends; at 0 there is no hole.
    pub(super) end: usize,
    /// What it is.
    pub(super) fill: Fill,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Fill {
    /// Generated text.
    Text,
    /// A string that says nothing.
    #[default]
    Padding,
    /// A number that says nothing.
    Digits,
    /// A count of the usage.
    Count(Slot),
}

/// What an event of the shape has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// The length of the event.
    pub(super) len: usize,
    /// How many bytes of text are in it.
    pub(super) text: usize,
}

impl Stencil {
    pub(super) const fn new() -> Self {
        const NONE: Hole = Hole {
            start: 0,
            end: 0,
            fill: Fill::Padding,
        };
        Self {
            event: Vec::new(),
            holes: [NONE; MOST_HOLES],
            misses: 0,
            report: None,
        }
    }

    /// What the last event that was found counts.
    pub(super) const fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Whether a new shape is worth its cost now. Each call counts as an event that met none.
    pub(super) fn wants(&mut self) -> bool {
        self.misses = self.misses.saturating_add(1);
        self.misses <= PATIENCE || self.misses.is_multiple_of(PATIENCE * 4)
    }

    /// Takes the shape of an event, with its holes in order. All its text must be in them.
    pub(super) fn cut(&mut self, event: &[u8], text: usize, holes: impl Iterator<Item = Hole>) {
        self.event.clear();
        self.report = None;
        if event.len() > LARGEST {
            return;
        }
        self.holes = [Hole::default(); MOST_HOLES];
        let (mut places, mut in_holes) = (self.holes.iter_mut(), 0);
        for hole in holes {
            let Some(place) = places.next() else { return };
            *place = hole;
            if hole.fill == Fill::Text {
                in_holes += hole.end.saturating_sub(hole.start);
            }
        }
        if in_holes == text {
            self.event.extend_from_slice(event);
        }
    }

    /// Takes the shape of an event that has counts, as a reader has read them. Each count in a hole
    /// must be one that was read, and must be in the event only once.
    pub(super) fn cut_counted(
        &mut self,
        event: &[u8],
        text: usize,
        report: &Report,
        holes: impl Iterator<Item = Hole>,
    ) {
        self.cut(event, text, holes);
        let mut seen: [Option<Slot>; MOST_HOLES] = [None; MOST_HOLES];
        for (place, hole) in seen.iter_mut().zip(&self.holes) {
            if let Fill::Count(slot) = hole.fill
                && hole.end > 0
            {
                *place = Some(slot);
                let written = event.get(hole.start..hole.end).and_then(count);
                if written != report.said(slot) || written.is_none() {
                    self.event.clear();
                }
            }
        }
        let twice = |(at, slot): (usize, &Option<Slot>)| {
            slot.is_some() && seen.iter().skip(at + 1).any(|other| other == slot)
        };
        if seen.iter().enumerate().any(twice) {
            self.event.clear();
        }
        self.report = Some(*report);
    }

    /// Whether the bytes begin with an event of this shape.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<Match> {
        if self.event.is_empty() {
            return None;
        }
        let (mut rest, mut from, mut text) = (bytes, 0, 0);
        let mut counts: [Option<(Slot, u64)>; MOST_HOLES] = [None; MOST_HOLES];
        let holes = self.holes.iter().take_while(|hole| hole.end > 0);
        for (hole, place) in holes.zip(&mut counts) {
            rest = rest.strip_prefix(self.event.get(from..hole.start)?)?;
            let len = hole.fill.len(rest)?;
            match hole.fill {
                Fill::Text => text += len,
                Fill::Count(slot) => *place = Some((slot, count(rest.get(..len)?)?)),
                Fill::Padding | Fill::Digits => {}
            }
            rest = rest.get(len..)?;
            from = hole.end;
        }
        rest = rest.strip_prefix(self.event.get(from..)?)?;
        self.misses = 0;
        if let Some(report) = &mut self.report {
            for (slot, count) in counts.into_iter().flatten() {
                report.set(slot, Some(count));
            }
        }
        let len = bytes.len() - rest.len();
        Some(Match { len, text })
    }
}

/// A count without a sign, a leading zero, or more digits than any usage has: others need a reader.
fn count(digits: &[u8]) -> Option<u64> {
    match digits {
        [b'0'] => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 15 => {}
        _ => return None,
    }
    digits.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(sum * 10 + u64::from(digit))
    })
}

impl Fill {
    /// How much of the bytes is inside the hole. None where the value is one that needs a reader.
    fn len(self, bytes: &[u8]) -> Option<usize> {
        if matches!(self, Self::Digits | Self::Count(_)) {
            let len = bytes.iter().position(|byte| !byte.is_ascii_digit());
            return len.filter(|len| *len > 0);
        }
        let mut at = 0;
        loop {
            at += bytes
                .get(at..)?
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
            match bytes.get(at)? {
                b'"' => return Some(at),
                // Neither a line end nor any other control character is in a good string.
                b'\\' if *bytes.get(at + 1)? >= b' ' => at += 2,
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stencil() -> Stencil {
        let hole = |start, end, fill| Hole { start, end, fill };
        let mut stencil = Stencil::new();
        let holes = [
            hole(4, 5, Fill::Digits),
            hole(7, 8, Fill::Text),
            hole(11, 13, Fill::Padding),
        ];
        stencil.cut(b"{\"a:1,\"x\",\"pp\"}\n\n", 1, holes.into_iter());
        stencil
    }

    #[test]
    fn only_an_event_that_differs_in_its_holes_alone_is_found() {
        let hit = |len, text| Some(Match { len, text });
        for (bytes, found) in [
            ("{\"a:1,\"x\",\"pp\"}\n\n", hit(17, 1)),
            ("{\"a:12345,\"\",\"p\"}\n\nmore", hit(19, 0)),
            (r#"{"a:1,"\"\n","pp"}"#, None),
            ("{\"a:1,\"\\\"\\n\",\"pp\"}\n\n", hit(20, 4)),
            ("{\"a:,\"x\",\"pp\"}\n\n", None),
            ("{\"b:1,\"x\",\"pp\"}\n\n", None),
            ("{\"a:-1,\"x\",\"pp\"}\n\n", None),
            ("{\"a:1,\"x\ny\",\"pp\"}\n\n", None),
            ("{\"a:1,\"x\\\ny\",\"pp\"}\n\n", None),
            ("{\"a:1,\"x\",\"pp\"}\n", None),
            ("{\"a:1,\"x\\", None),
            ("", None),
        ] {
            assert_eq!(stencil().find(bytes.as_bytes()), found, "{bytes}");
        }
    }

    #[test]
    fn an_event_with_many_holes_or_many_bytes_leaves_no_shape() {
        let mut stencil = stencil();
        stencil.cut(
            b"xxxxxx",
            0,
            (1..=5).map(|end| Hole {
                end,
                ..Hole::default()
            }),
        );
        assert_eq!(stencil.find(b"xxxxxx"), None);
        stencil.cut(&[b'x'; LARGEST + 1], 0, std::iter::empty());
        assert_eq!(stencil.find(&[b'x'; LARGEST + 1]), None);
        stencil.cut(&[b'x'; LARGEST], 0, std::iter::empty());
        assert!(stencil.find(&[b'x'; LARGEST]).is_some());
        stencil.cut(b"x", 1, std::iter::empty());
        assert_eq!(stencil.find(b"x"), None);
    }

    #[test]
    fn a_stream_without_a_shape_is_seldom_asked_for_one() {
        let mut stencil = Stencil::new();
        let wanted = (0..1000).filter(|_| stencil.wants()).count();
        assert!(wanted < 50, "{wanted}");
        stencil.cut(b"x", 0, std::iter::empty());
        assert!(stencil.find(b"x").is_some() && stencil.wants());
    }
}
