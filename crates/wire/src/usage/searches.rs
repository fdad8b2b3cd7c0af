//! Searches that OpenAI made, as an answer shows them: its usage does not count them. What a search
//! costs, and whether it was asked for, is not known here.

/// What one document shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// Searches among the items of a response.
    listed: u64,
    /// The item of an event is a search.
    single: bool,
    /// There is a citation of the web.
    cites: bool,
    item: Item,
}

/// An output item of a response.
#[derive(Debug, Clone, Copy, Default)]
struct Item {
    is_search: bool,
    completed: bool,
}

/// What all documents of an answer show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Searches {
    single: u64,
    listed: u64,
    cites: bool,
}

impl Shown {
    pub(super) const NONE: Self = Self {
        listed: 0,
        single: false,
        cites: false,
        item: Item {
            is_search: false,
            completed: false,
        },
    };

    /// A list of items begins. A list that is there twice counts as its last one says.
    pub(super) const fn list_begins(&mut self) {
        self.listed = 0;
    }

    pub(super) const fn item_begins(&mut self) {
        self.item = Self::NONE.item;
    }

    pub(super) fn item_kind(&mut self, value: &[u8]) {
        self.item.is_search = value == b"web_search_call";
    }

    pub(super) fn item_status(&mut self, value: &[u8]) {
        self.item.completed = value == b"completed";
    }

    /// The item is whole. `in_list`: it is one of a response, not that of an event.
    pub(super) const fn item_ends(&mut self, in_list: bool) {
        let counts = self.item.is_search && self.item.completed;
        if !in_list {
            self.single = counts;
        } else if counts {
            self.listed = self.listed.saturating_add(1);
        }
    }

    pub(super) fn annotation(&mut self, value: &[u8]) {
        self.cites |= value == b"url_citation";
    }
}

impl Searches {
    pub(super) const NONE: Self = Self {
        single: 0,
        listed: 0,
        cites: false,
    };

    /// A document is whole. `item_is_done`: it is the last event about its item.
    pub(super) fn add(&mut self, shown: &Shown, item_is_done: bool) {
        let single = u64::from(shown.single && item_is_done);
        self.single = self.single.saturating_add(single);
        self.listed = self.listed.max(shown.listed);
        self.cites |= shown.cites;
    }

    /// How many there were. The last event of a stream lists the items again of which each had an
    /// event. Chat completions only tell what they found, which counts as one search.
    pub(super) fn count(&self) -> u64 {
        self.single.max(self.listed).max(u64::from(self.cites))
    }
}
