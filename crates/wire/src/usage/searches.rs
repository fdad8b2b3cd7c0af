//! What OpenAI did with tools of its own, as an answer shows it: its usage does not count it. What a
//! search or an image costs, and whether it was asked for, is not known here.

/// What one document shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shown {
    /// Among the items of a response.
    listed: Calls,
    /// The item of an event.
    single: Calls,
    /// There is a citation of the web.
    cites: bool,
    item: Item,
}

/// How many calls there were that count.
#[derive(Debug, Clone, Copy, Default)]
struct Calls {
    searches: u32,
    images: u32,
}

/// An output item of a response.
#[derive(Debug, Clone, Copy, Default)]
struct Item {
    kind: ItemKind,
    completed: bool,
    has_result: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum ItemKind {
    #[default]
    Other,
    Search,
    Image,
}

/// What all documents of an answer show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Searches {
    single: Calls,
    listed: Calls,
    cites: bool,
}

impl Shown {
    pub(super) const NONE: Self = Self {
        listed: Calls::NONE,
        single: Calls::NONE,
        cites: false,
        item: Item::NONE,
    };

    /// A list of items begins. A list that is there twice counts as its last one says.
    pub(super) const fn list_begins(&mut self) {
        self.listed = Calls::NONE;
    }

    pub(super) const fn item_begins(&mut self) {
        self.item = Item::NONE;
    }

    pub(super) fn item_kind(&mut self, value: &[u8]) {
        self.item.kind = match value {
            b"web_search_call" => ItemKind::Search,
            b"image_generation_call" => ItemKind::Image,
            _ => ItemKind::Other,
        };
    }

    pub(super) fn item_status(&mut self, value: &[u8]) {
        self.item.completed = value == b"completed";
    }

    /// What the item made, which may be too long to be told.
    pub(super) fn item_result(&mut self, value: Option<&[u8]>) {
        self.item.has_result = value.is_none_or(|value| !value.is_empty());
    }

    /// The item is whole. `in_list`: it is one of a response, not that of an event.
    pub(super) fn item_ends(&mut self, in_list: bool) {
        let calls = self.item.calls();
        if in_list {
            self.listed = self.listed.and(calls);
        } else {
            self.single = calls;
        }
    }

    pub(super) fn annotation(&mut self, value: &[u8]) {
        self.cites |= value == b"url_citation";
    }
}

impl Calls {
    const NONE: Self = Self {
        searches: 0,
        images: 0,
    };

    const fn and(self, other: Self) -> Self {
        Self {
            searches: self.searches.saturating_add(other.searches),
            images: self.images.saturating_add(other.images),
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            searches: self.searches.max(other.searches),
            images: self.images.max(other.images),
        }
    }
}

impl Item {
    const NONE: Self = Self {
        kind: ItemKind::Other,
        completed: false,
        has_result: false,
    };

    /// An image that is there may still be said to be on its way.
    fn calls(self) -> Calls {
        Calls {
            searches: u32::from(matches!(self.kind, ItemKind::Search) && self.completed),
            images: u32::from(matches!(self.kind, ItemKind::Image) && self.has_result),
        }
    }
}

impl Searches {
    pub(super) const NONE: Self = Self {
        single: Calls::NONE,
        listed: Calls::NONE,
        cites: false,
    };

    /// A document is whole. `item_is_done`: it is the last event about its item.
    pub(super) fn add(&mut self, shown: &Shown, item_is_done: bool) {
        if item_is_done {
            self.single = self.single.and(shown.single);
        }
        self.listed = self.listed.max(shown.listed);
        self.cites |= shown.cites;
    }

    /// How many searches there were. Chat completions only tell what they found, which counts as
    /// one.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.calls().searches.max(u32::from(self.cites)))
    }

    /// How many images were made.
    pub(super) fn images(&self) -> u64 {
        u64::from(self.calls().images)
    }

    /// The last event of a stream lists the items again of which each had an event.
    fn calls(&self) -> Calls {
        self.single.max(self.listed)
    }
}
