//! What Gemini searched for, as its answer lists it: its usage does not count it.

/// More different queries than these are not told apart, and not counted.
const MOST: usize = 256;

/// The beginning and the factor of FNV-1a.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The queries of an answer. Its candidates and the events of a stream may name one again.
#[derive(Debug)]
pub(super) struct Queries {
    /// The hash of each; nothing is allocated for an answer without any.
    seen: Vec<u64>,
    /// That of the query that is being read; none where it is empty so far.
    hash: Option<u64>,
    /// The model is one of those whose searches are charged together.
    is_charged_once: bool,
}

impl Queries {
    pub(super) const NONE: Self = Self {
        seen: Vec::new(),
        hash: None,
        is_charged_once: false,
    };

    /// A list of them begins.
    pub(super) const fn begin(&mut self) {
        self.hash = None;
    }

    /// A part of a query, as it stands in the JSON.
    pub(super) fn text(&mut self, part: &[u8]) {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        self.hash = Some(part.iter().fold(self.hash.unwrap_or(BASIS), step));
    }

    /// The end of a query.
    pub(super) fn ends(&mut self) {
        if let Some(hash) = self.hash.take()
            && self.seen.len() < MOST
            && !self.seen.contains(&hash)
        {
            self.seen.push(hash);
        }
    }

    /// Which model answers: until Gemini 2.5, Google charges a prompt that was searched for, and each
    /// different query since Gemini 3.
    pub(super) fn model(&mut self, version: &[u8]) {
        let name = version.rsplit(|byte| *byte == b'/').next();
        self.is_charged_once = name
            .is_some_and(|name| name.starts_with(b"gemini-1.") || name.starts_with(b"gemini-2."));
    }

    /// How many searches are charged.
    pub(super) fn searches(&self) -> u64 {
        let queries = self.seen.len() as u64;
        if self.is_charged_once {
            queries.min(1)
        } else {
            queries
        }
    }
}
