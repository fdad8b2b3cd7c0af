//! What an answer used, read from its bytes as they pass, in constant memory.
//! Which price applies, and who pays, is decided elsewhere; no text is kept here.

use serde::Serialize;

mod document;
mod ends;
mod events;
mod filter;
mod json;
mod keys;
mod kind;
mod letters;
mod lines;
mod number;
mod queries;
pub mod realtime;
mod report;
mod searches;
mod skim;
mod stencil;
mod surface;
mod tally;
mod transcript;

pub use filter::{Filtered, UsageFilter};
pub use surface::Surface;
pub use tollgate_policy::usage::Usage;

use document::Document;
use events::Events;
use tally::Tally;
use transcript::Transcript;

/// How many bytes make a token where nobody counted. English has 4 to 5 per token with the
/// tokenizers of today, code and most other scripts 3 to 4.
pub const BYTES_PER_TOKEN: u64 = 4;

/// What a call used where the provider does not tell: a token per [`BYTES_PER_TOKEN`] bytes, each
/// direction rounded up. The caller says on the receipt that it is an estimate, and bounds the
/// input by the model's context window, since images in a request have many more bytes per token.
pub const fn estimate(input_bytes: u64, output_bytes: u64) -> Usage {
    let mut usage = Usage::NONE;
    usage.input = input_bytes.div_ceil(BYTES_PER_TOKEN);
    usage.output = output_bytes.div_ceil(BYTES_PER_TOKEN);
    usage
}

/// How an answer ended, by its own word. The worst that was said counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It did not say: it was cut, or its dialect has no such word.
    #[default]
    Unmarked,
    /// `[DONE]`, `message_stop`, `response.completed`, Gemini's `finishReason` and the like; a
    /// JSON body that is whole.
    Complete,
    /// `response.incomplete`, in a stream or as the status of a body.
    Incomplete,
    /// `response.failed`, or an error, in a stream or as a body.
    Failed,
}

/// What was read from an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metered {
    /// What the provider says the call used. None where it does not, or where its last word was
    /// absurd.
    pub usage: Option<Usage>,
    /// The provider said something that cannot be: a count that is negative, a fraction, larger
    /// than 2^53 or no number at all.
    pub absurd: bool,
    /// The count of the output is only a beginning, since the stream ended before the final one:
    /// Anthropic's `message_start` without a `message_delta`.
    pub provisional: bool,
    /// How it ended.
    pub ended: Ended,
    /// Bytes of generated text, as they stand in the JSON, to estimate from.
    pub output_bytes: u64,
    /// Searches that the answer shows and no count of it says: completed `web_search_call` items of
    /// a response, one where a chat completion has a `url_citation`, or what Gemini searched for.
    /// They are in `usage` too.
    pub searches: u64,
    /// Images that a response made by a tool: `image_generation_call` items that have a result.
    /// They are in `usage` too.
    pub images: u64,
    /// Letters of a transcript, of whatever script and in whatever form it came; `None` in a stream,
    /// of which only the bytes of the text are counted.
    pub letters: Option<u64>,
    /// How long the sound of a transcript is, in microseconds, where the answer says so besides its
    /// usage; never 0.
    pub lasts: Option<u64>,
}

impl Metered {
    /// What to charge, and whether it is an estimate: the provider's count; where its output is
    /// provisional, the larger one of that and the estimate; else [`estimate`].
    pub fn settled(&self, input_bytes: u64) -> (Usage, bool) {
        let estimated = Usage {
            searches: self.searches,
            images: self.images,
            ..estimate(input_bytes, self.output_bytes)
        };
        match self.usage {
            None => (estimated, true),
            Some(usage) if self.provisional => {
                let output = usage.output.max(estimated.output);
                (Usage { output, ..usage }, true)
            }
            Some(usage) => (usage, false),
        }
    }
}

/// Reads what an answer used while its bytes pass.
///
/// The result does not depend on how the bytes are cut. At most [`UsageScanner::MOST_HELD`] bytes
/// of the answer are held back at any time, however large its events are.
#[derive(Debug)]
pub struct UsageScanner {
    reader: Reader,
    tally: Tally,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "streams stay open for long: what others need takes no room in them"
)]
enum Reader {
    Events(Events),
    Body(Box<Document>),
    Transcript(Box<Transcript>),
}

impl UsageScanner {
    /// The most bytes of an answer that are held back: an event of up to this size, of which the
    /// end has not come yet.
    pub const MOST_HELD: usize = events::MOST_HELD;

    /// For an answer of type `text/event-stream`.
    pub fn events(surface: Surface) -> Self {
        Self::new(surface, Reader::Events(Events::new(surface)))
    }

    /// For any other answer: JSON, or something that has no usage in it.
    pub fn body(surface: Surface) -> Self {
        let reader = match surface {
            Surface::Transcription => Reader::Transcript(Box::new(Transcript::NEW)),
            _ => Reader::Body(Box::new(Document::body(surface))),
        };
        Self::new(surface, reader)
    }

    const fn new(surface: Surface, reader: Reader) -> Self {
        Self {
            reader,
            tally: Tally::new(surface),
        }
    }

    /// Takes the next bytes of the answer, cut anywhere, without any transfer or content coding.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.reader {
            Reader::Events(events) => events.push(bytes, &mut self.tally),
            Reader::Body(json) => json.push(bytes, &mut self.tally),
            Reader::Transcript(transcript) => transcript.push(bytes, &mut self.tally),
        }
    }

    /// The answer has ended, or broken off. An event that lacks only its empty line counts.
    pub fn finish(mut self) -> Metered {
        if let Reader::Events(events) = &mut self.reader {
            events.finish(&mut self.tally);
        }
        self.tally.metered()
    }

    /// How the answer ended, as far as it has said so: a caller can settle the call before it passes
    /// on the bytes that hold `[DONE]`, `message_stop` or `response.completed`. More may still
    /// follow, and may be worse.
    pub const fn ended(&self) -> Ended {
        self.tally.ended
    }

    /// Bytes of generated text so far, as they stand in the JSON.
    pub const fn output_bytes(&self) -> u64 {
        self.tally.text
    }

    /// How many bytes of the answer are held back now.
    pub fn held(&self) -> usize {
        match &self.reader {
            Reader::Events(events) => events.held(),
            Reader::Body(_) | Reader::Transcript(_) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
