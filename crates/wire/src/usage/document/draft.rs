//! What a document has said, until it is whole.

use super::super::keys::Node;
use super::super::kind::{Kind, Modality};
use super::super::realtime::ResponseTag;
use super::super::report::{Report, Slot};
use super::super::searches::Shown;
use super::super::tally::{Tally, Turn};
use super::super::{Ended, Surface};

/// What the document has said so far. It counts once the document is whole.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) report: Option<Report>,
    /// The iteration that is being read.
    iteration: Option<Iteration>,
    beginning: bool,
    pub(super) absurd: bool,
    pub(super) error: bool,
    pub(super) finished: bool,
    pub(super) response: bool,
    pub(super) kind: Kind,
    pub(super) status: Ended,
    pub(super) about: Option<ResponseTag>,
    pub(super) modality: Modality,
    pub(super) modality_count: u64,
    pub(super) searches: Shown,
}

/// One time of Anthropic's that it sampled.
#[derive(Debug, Clone, Default)]
struct Iteration {
    report: Report,
    /// The counts of the whole answer do not have it in them.
    is_beside: bool,
}

impl Draft {
    pub(super) const NEW: Self = Self {
        report: None,
        iteration: None,
        beginning: false,
        absurd: false,
        error: false,
        finished: false,
        response: false,
        kind: Kind::Other,
        status: Ended::Complete,
        about: None,
        modality: Modality::Other,
        modality_count: 0,
        searches: Shown::NONE,
    };

    pub(super) fn usage_begins(&mut self, beginning: bool) {
        self.report = Some(Report::default());
        self.beginning = beginning;
        self.absurd = false;
    }

    pub(super) const fn usage_ends(&mut self) {
        self.report = None;
        self.absurd = false;
    }

    /// What the next count belongs to.
    pub(super) const fn counting(&mut self) -> Option<&mut Report> {
        match &mut self.iteration {
            Some(iteration) => Some(&mut iteration.report),
            None => self.report.as_mut(),
        }
    }

    pub(super) fn iterations_begin(&mut self) {
        if let Some(report) = &mut self.report {
            report.clear_beside();
        }
    }

    pub(super) fn iteration_begins(&mut self) {
        self.iteration = Some(Iteration::default());
    }

    /// What Anthropic's counts of the whole leave out: the summary that shortens a prompt, and the
    /// advice of another model. They are the sum of all other iterations.
    pub(super) fn iteration_kind(&mut self, value: &[u8]) {
        if let Some(iteration) = &mut self.iteration {
            iteration.is_beside = matches!(value, b"compaction" | b"advisor_message");
        }
    }

    pub(super) fn iteration_ends(&mut self) {
        if let (Some(report), Some(ended)) = (&mut self.report, self.iteration.take())
            && ended.is_beside
        {
            report.add_beside(&ended.report);
        }
    }

    pub(super) fn clear(&mut self, audio: Slot, image: Slot) {
        if let Some(report) = &mut self.report {
            report.set(audio, None);
            report.set(image, None);
        }
    }

    pub(super) fn modality_ends(&mut self, node: Node) {
        let slot = match (node, self.modality) {
            (Node::InputModality, Modality::Audio) => Slot::InputAudio,
            (Node::InputModality, Modality::Image) => Slot::InputImage,
            (Node::CachedModality, Modality::Audio) => Slot::CachedAudio,
            (Node::CachedModality, Modality::Image) => Slot::CachedImage,
            (_, Modality::Audio) => Slot::OutputAudio,
            (_, Modality::Image) => Slot::OutputImage,
            (_, Modality::Other) => return,
        };
        if let Some(report) = &mut self.report {
            report.add(slot, self.modality_count);
        }
    }

    pub(super) fn whole(&self, surface: Surface, streamed: bool, tally: &mut Tally) {
        if self.absurd {
            tally.absurd();
        } else if let Some(report) = &self.report
            // Some providers send `{}` until they know better.
            && !report.is_empty()
        {
            tally.counts(report, self.beginning);
        }
        tally.searches.add(&self.searches, self.kind == Kind::Item);
        tally.end(self.ended(surface, streamed));
        tally.about = self.about;
        if surface == Surface::Realtime && self.kind == Kind::Sound {
            tally.all_is_sound();
        }
        if let Kind::Turn(turn) = self.kind {
            tally.turn = Some(turn);
        }
    }

    fn ended(&self, surface: Surface, streamed: bool) -> Ended {
        match self.kind {
            _ if self.error => Ended::Failed,
            Kind::Error => Ended::Failed,
            Kind::Response(ended) if streamed && self.response => ended,
            Kind::Last if streamed => Ended::Complete,
            Kind::Turn(Turn::Ends) if self.response => self.status,
            // Gemini's body may be a stream in another form.
            _ if surface == Surface::Gemini && self.finished => Ended::Complete,
            _ if streamed || surface == Surface::Gemini => Ended::Unmarked,
            _ => self.status,
        }
    }
}
