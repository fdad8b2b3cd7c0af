//! One JSON document of an answer: the whole body, or the data of one event.
//! It follows the path to the usage, and tells the tally when the document is whole.

mod draft;

use draft::Draft;

use super::json::{Json, Visitor};
use super::keys::{Member, Node, member};
use super::kind::{Kind, Modality, status};
use super::number::Number;
use super::realtime::ResponseTag;
use super::report::Slot;
use super::tally::Tally;
use super::{Ended, Surface};

/// No path to a usage is longer.
const DEEPEST: usize = 6;

#[derive(Debug, Clone)]
pub(super) struct Document {
    json: Json,
    path: Path,
    draft: Draft,
}

#[derive(Debug, Clone)]
struct Path {
    surface: Surface,
    streamed: bool,
    /// The nodes from the root, of which `depth` are open; what is deeper is elsewhere.
    nodes: [Node; DEEPEST],
    depth: u64,
    member: Member,
    /// The value of the last key is generated text, if it is a string.
    is_text: bool,
}

impl Document {
    pub(super) const fn event(surface: Surface) -> Self {
        Self::new(surface, true)
    }

    pub(super) const fn body(surface: Surface) -> Self {
        Self::new(surface, false)
    }

    const fn new(surface: Surface, streamed: bool) -> Self {
        Self {
            json: Json::new(),
            path: Path {
                surface,
                streamed,
                nodes: [Node::Elsewhere; DEEPEST],
                depth: 0,
                member: Member::Nothing,
                is_text: false,
            },
            draft: Draft::NEW,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], tally: &mut Tally) {
        let mut reading = Reading {
            path: &mut self.path,
            draft: &mut self.draft,
            tally,
        };
        self.json.push(bytes, &mut reading);
    }
}

impl Path {
    fn at(&self) -> Node {
        let Some(last) = self.depth.checked_sub(1) else {
            return Node::Elsewhere;
        };
        let last = usize::try_from(last).unwrap_or(DEEPEST);
        self.nodes.get(last).copied().unwrap_or(Node::Elsewhere)
    }

    /// Which node begins here.
    fn child(&self, is_object: bool) -> Node {
        match (self.at(), self.member, is_object) {
            _ if self.depth == 0 && is_object => Node::Root,
            _ if self.depth == 0 && self.surface == Surface::Gemini => Node::Documents,
            _ if self.depth == 0 => Node::RootArray,
            (Node::Documents, _, true) => Node::Root,
            (Node::InputModalities, _, true) => Node::InputModality,
            (Node::CachedModalities, _, true) => Node::CachedModality,
            (Node::OutputModalities, _, true) => Node::OutputModality,
            (Node::Candidates, _, true) => Node::Candidate,
            (Node::Items, _, true) => Node::Item,
            (Node::Choices, _, true) => Node::Choice,
            (Node::Annotations, _, true) => Node::Annotation,
            (Node::Iterations, _, true) => Node::Iteration,
            (_, Member::Into(node), _) if node.is_list() != is_object => node,
            _ => Node::Elsewhere,
        }
    }
}

impl Node {
    const fn is_list(self) -> bool {
        matches!(
            self,
            Self::InputModalities
                | Self::CachedModalities
                | Self::OutputModalities
                | Self::Candidates
                | Self::Queries
                | Self::Items
                | Self::Choices
                | Self::Annotations
                | Self::Iterations
        )
    }
}

struct Reading<'a> {
    path: &'a mut Path,
    draft: &'a mut Draft,
    tally: &'a mut Tally,
}

impl Reading<'_> {
    /// The value of the last key is there, and is none of those that it should be.
    fn misplaced(&mut self) {
        match self.path.member {
            Member::Into(Node::Usage) => {
                self.draft.usage_begins(false);
                self.draft.absurd = true;
            }
            Member::Count(_) | Member::Quantity(_) | Member::ModalityCount => {
                self.draft.absurd = true;
            }
            Member::Error => self.draft.error = true,
            _ => {}
        }
    }

    fn amount(&mut self, slot: Slot, amount: Option<u64>) {
        match (amount, self.draft.counting()) {
            (Some(_), Some(report)) => report.set(slot, amount),
            _ => self.draft.absurd = true,
        }
    }
}

impl Visitor for Reading<'_> {
    fn key(&mut self, key: Option<&[u8]>) {
        let Path {
            surface, streamed, ..
        } = *self.path;
        let at = self.path.at();
        self.path.member = match key {
            Some(key) if at != Node::Elsewhere => member(surface, streamed, at, key),
            _ => Member::Nothing,
        };
        // A transcript says all that its parts say once more.
        let counts = surface != Surface::Transcription || at == Node::Root;
        self.path.is_text = counts && key.is_some_and(|key| surface.is_text(streamed, key));
    }

    fn cares(&self) -> bool {
        self.path.member != Member::Nothing
    }

    fn lists_strings(&self) -> bool {
        self.path.member == Member::Query
    }

    fn text(&mut self, part: &[u8]) {
        if self.path.is_text && self.draft.kind == Kind::Sound {
            self.tally.add_sound(part.len());
        } else if self.path.is_text {
            self.tally.add_text(part.len());
            if let Some(letters) = &mut self.tally.letters {
                letters.push(part);
            }
        } else if self.path.member == Member::Query {
            self.tally.queries.text(part);
        }
    }

    fn string(&mut self, value: Option<&[u8]>) {
        if self.path.member == Member::ItemResult {
            self.draft.searches.item_result(value);
        }
        let value = value.unwrap_or_default();
        match self.path.member {
            Member::Kind => self.draft.kind = Kind::of(value),
            Member::Status => self.draft.status = status(value),
            Member::Finish => self.draft.finished = true,
            Member::ResponseId => self.draft.about = ResponseTag::of(value),
            Member::Modality => self.draft.modality = Modality::of(value),
            Member::ItemKind => self.draft.searches.item_kind(value),
            Member::ItemStatus => self.draft.searches.item_status(value),
            Member::AnnotationKind => self.draft.searches.annotation(value),
            Member::ModelVersion => self.tally.queries.model(value),
            Member::Query => return self.tally.queries.ends(),
            Member::IterationKind => self.draft.iteration_kind(value),
            _ => self.misplaced(),
        }
        self.path.member = Member::Nothing;
    }

    fn number(&mut self, number: Number) {
        match self.path.member {
            Member::Count(slot) => self.amount(slot, number.count()),
            Member::Quantity(slot) => self.amount(slot, number.micros()),
            Member::Duration => self.tally.lasts = number.micros().filter(|micros| *micros > 0),
            Member::ModalityCount => match number.count() {
                Some(count) => self.draft.modality_count = count,
                None => self.draft.absurd = true,
            },
            Member::Modality => self.draft.modality = Modality::numbered(number),
            _ => self.misplaced(),
        }
        self.path.member = Member::Nothing;
    }

    fn word(&mut self, word: Option<&[u8]>) {
        match (word, self.path.member) {
            (Some(b"DONE"), _) if self.path.at() == Node::RootArray => {
                self.tally.end(Ended::Complete);
            }
            (Some(b"DONE"), _) if self.path.at() == Node::Documents && self.path.streamed => {
                self.tally.end(Ended::Complete);
            }
            // As if the key were not there; a key that is there twice counts as its last one says.
            (Some(b"null"), Member::Into(Node::Usage)) => self.draft.usage_ends(),
            (Some(b"null"), Member::Count(slot) | Member::Quantity(slot)) => {
                if let Some(report) = self.draft.counting() {
                    report.set(slot, None);
                }
            }
            (Some(b"null" | b"false"), Member::Error) => self.draft.error = false,
            (Some(b"null"), _) => {}
            _ => self.misplaced(),
        }
        self.path.member = Member::Nothing;
    }

    fn open(&mut self, is_object: bool) {
        let (from, node) = (self.path.at(), self.path.child(is_object));
        match node {
            Node::Root => *self.draft = Draft::NEW,
            Node::Usage => self.draft.usage_begins(from == Node::Message),
            // The units of a reranking complete a usage that stands before them.
            Node::Billed if self.draft.report.is_none() => self.draft.usage_begins(false),
            Node::Response => self.draft.response = true,
            Node::Queries => self.tally.queries.begin(),
            Node::Items => self.draft.searches.list_begins(),
            Node::Item => self.draft.searches.item_begins(),
            Node::InputModalities => self.draft.clear(Slot::InputAudio, Slot::InputImage),
            Node::CachedModalities => self.draft.clear(Slot::CachedAudio, Slot::CachedImage),
            Node::OutputModalities => self.draft.clear(Slot::OutputAudio, Slot::OutputImage),
            Node::InputModality | Node::CachedModality | Node::OutputModality => {
                (self.draft.modality, self.draft.modality_count) = (Modality::Other, 0);
            }
            Node::Iterations => self.draft.iterations_begin(),
            Node::Iteration => self.draft.iteration_begins(),
            Node::Elsewhere => self.misplaced(),
            _ => {}
        }
        let place = usize::try_from(self.path.depth).unwrap_or(DEEPEST);
        if let Some(place) = self.path.nodes.get_mut(place) {
            *place = node;
        }
        self.path.depth = self.path.depth.saturating_add(1);
        self.path.member = match node {
            Node::Queries => Member::Query,
            _ => Member::Nothing,
        };
    }

    fn close(&mut self) {
        let closed = self.path.at();
        match closed {
            Node::Root => {
                let (surface, streamed) = (self.path.surface, self.path.streamed);
                self.draft.whole(surface, streamed, self.tally);
            }
            Node::InputModality | Node::CachedModality | Node::OutputModality => {
                self.draft.modality_ends(closed);
            }
            Node::Iteration => self.draft.iteration_ends(),
            _ => {}
        }
        self.path.depth = self.path.depth.saturating_sub(1);
        self.path.member = Member::Nothing;
        if closed == Node::Item {
            let in_list = self.path.at() == Node::Items;
            self.draft.searches.item_ends(in_list);
        }
    }
}
