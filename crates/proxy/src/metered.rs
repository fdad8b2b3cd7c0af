//! What an answer used, read while it passes, and what of that is charged.
//!
//! | how the call went | what is charged |
//! | --- | --- |
//! | the answer says what it used | that, whatever the end |
//! | it does not, and the upstream took the call | an estimate from the bytes of prompt and text, flagged |
//! | the client left before an upstream answered | the prompt by an estimate, flagged |
//! | the upstream answered with an error, or not at all | nothing |
//! | a mounted API answered below 400 | one request |

use bytes::Bytes;
use http::StatusCode;
use tollgate_ledger::receipt::Ending;
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::price::{Part, Price};
use tollgate_policy::usage::Usage;
use tollgate_wire::usage::{
    Ended, Filtered, Metered as Answered, Surface, UsageFilter, UsageScanner, estimate,
};

use crate::hold::Worth;

/// How fast a text is read out: about 150 words a minute.
const SPOKEN_BYTES_PER_SECOND: u64 = 15;
/// How many letters a second nobody passes.
const MOST_LETTERS_PER_SECOND: u64 = 25;
/// How many bytes a second of recorded sound has: 128 kbit/s, which is usual.
const SOUND_BYTES_PER_SECOND: u64 = 16_000;
/// Tokens in a second of generated sound, as OpenAI counts them.
const AUDIO_TOKENS_PER_SECOND: u64 = 20;
/// Tokens of an image of 1024 by 1024 and medium quality, as OpenAI counts them.
const TOKENS_PER_IMAGE: u64 = 1056;

/// Looks on while an answer passes.
#[derive(Debug, Default)]
pub(crate) struct Metered {
    scanner: Option<UsageScanner>,
    filter: Option<UsageFilter>,
    /// Bytes of an answer that was compressed, so that nothing can be read in it.
    opaque: Option<u64>,
    /// What an answer is of that did not say that it is a stream, before its first character.
    unbegun: Option<Surface>,
    /// Whether an answer that says that it is at its end is. Each candidate of Gemini's says so for
    /// itself, and some upstreams in every event.
    has_last_word: bool,
}

/// What is charged for a call, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) usage: Usage,
    pub(crate) requests: u64,
    pub(crate) estimated: bool,
}

/// How far a call had come when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Nothing was sent to an upstream.
    Nobody,
    /// An upstream has the request, and has not answered.
    Upstream,
    /// An upstream answered with this status.
    Answer(u16),
}

impl Metered {
    /// For an answer of an endpoint. `filtered` is whether the usage in it was asked for by us alone.
    pub(crate) fn new(
        endpoint: Option<Endpoint>,
        events: bool,
        filtered: bool,
        opaque: bool,
    ) -> Self {
        let surface = endpoint.and_then(Surface::of);
        let scanner = |surface| {
            if events {
                UsageScanner::events(surface)
            } else {
                UsageScanner::body(surface)
            }
        };
        Self {
            scanner: surface.map(scanner),
            filter: (events && filtered).then(UsageFilter::new),
            opaque: opaque.then_some(0),
            unbegun: surface.filter(|surface| !events && !opaque && tells_texts(*surface)),
            has_last_word: surface != Some(Surface::Gemini),
        }
    }

    /// Reads a piece of the answer, and gives what of it is passed on; empty where all is held back.
    pub(crate) fn read(&mut self, data: Bytes) -> Bytes {
        if let Some(surface) = self.unbegun {
            self.begin(surface, &data);
        }
        match (&mut self.opaque, &mut self.scanner) {
            (Some(bytes), _) => *bytes = bytes.saturating_add(data.len() as u64),
            (None, Some(scanner)) => scanner.push(&data),
            (None, None) => {}
        }
        match self.filter.as_mut().map(|filter| filter.push(&data)) {
            None | Some(Filtered::Unchanged) => data,
            Some(Filtered::Changed(rest)) => Bytes::from(rest),
        }
    }

    /// Some upstreams send events and do not say so, and as one document only the first would be
    /// read. No JSON begins as a field of an event or a comment does.
    fn begin(&mut self, surface: Surface, data: &[u8]) {
        let Some(first) = data.iter().find(|byte| !byte.is_ascii_whitespace()) else {
            return;
        };
        self.unbegun = None;
        // data, event, id, retry.
        if matches!(first, b':' | b'd' | b'e' | b'i' | b'r') {
            self.scanner = Some(UsageScanner::events(surface));
        }
    }

    /// What was held back of an answer that has ended.
    pub(crate) fn rest(&mut self) -> Bytes {
        let filter = self.filter.take();
        filter.map_or_else(Bytes::new, |filter| Bytes::from(filter.finish()))
    }

    /// Whether the answer has said that it is at its end, so that nothing more is charged. After an
    /// error, more may still be said.
    pub(crate) fn is_over(&self) -> bool {
        let ended = self.scanner.as_ref().map(UsageScanner::ended);
        self.has_last_word && matches!(ended, Some(Ended::Complete | Ended::Incomplete))
    }

    /// Bytes of text so far.
    pub(crate) fn output_bytes(&self) -> u64 {
        let read = self.scanner.as_ref().map_or(0, UsageScanner::output_bytes);
        self.opaque.unwrap_or(read)
    }

    /// What is charged for a call that ended so. The second time there is nothing to read from.
    pub(crate) fn outcome(
        &mut self,
        ending: Ending,
        reached: Reached,
        worth: &Worth,
        (endpoint, price): (Option<Endpoint>, &Price),
    ) -> Outcome {
        let nothing = |ending| Outcome {
            ending,
            usage: Usage::NONE,
            requests: 0,
            estimated: false,
        };
        let input_bytes = worth.demand.bytes;
        let status = match (reached, endpoint) {
            (Reached::Nobody, _) => return nothing(ending),
            (_, Some(endpoint)) if endpoint.is_free() => return nothing(ending),
            (Reached::Upstream, _) if ending == Ending::Unanswered => return nothing(ending),
            (Reached::Upstream, None) => {
                return Outcome {
                    requests: 1,
                    ..nothing(ending)
                };
            }
            (Reached::Upstream, Some(_)) => {
                return Outcome {
                    usage: bounded(estimate(input_bytes, 0), worth),
                    requests: 1,
                    estimated: true,
                    ..nothing(ending)
                };
            }
            (Reached::Answer(status), _) => status,
        };
        if endpoint.is_none() {
            let served = u64::from(status < 400);
            return Outcome {
                requests: served,
                ..nothing(ending)
            };
        }
        let output_bytes = self.output_bytes();
        let metered = self.scanner.take().map(UsageScanner::finish);
        let mut metered = metered.unwrap_or_default();
        metered.output_bytes = metered.output_bytes.max(output_bytes);
        let successful = StatusCode::from_u16(status).is_ok_and(|status| status.is_success());
        let ending = match (ending, metered.ended) {
            (Ending::Complete, _) if !successful => Ending::Failed,
            (Ending::Complete, Ended::Failed) => Ending::Failed,
            (Ending::Complete, Ended::Incomplete) => Ending::Incomplete,
            (ending, _) => ending,
        };
        let served = successful && !(metered.ended == Ended::Failed && metered.output_bytes == 0);
        if metered.usage.is_none() && !served {
            return nothing(ending);
        }
        let (mut usage, mut estimated) = metered.settled(input_bytes);
        if estimated && metered.usage.is_none() {
            usage = bounded(usage, worth);
        }
        usage.images = usage.images.max(worth.demand.images);
        let of = (endpoint, price);
        estimated |= fill_in(&mut usage, of, input_bytes, &metered);
        Outcome {
            ending,
            usage,
            requests: 1,
            estimated,
        }
    }
}

/// What some endpoints never count, though it may be what is priced: sound that was said, a search
/// that was made, the tokens of images. Says whether anything was missing.
fn fill_in(
    usage: &mut Usage,
    (endpoint, price): (Option<Endpoint>, &Price),
    input_bytes: u64,
    answer: &Answered,
) -> bool {
    let Some(endpoint) = endpoint else {
        return false;
    };
    let silent = usage.output_tokens() == 0 && usage.audio_micros == 0;
    // Some count tokens where the operator knows a price per second only.
    let by_time = price.stated(Part::Second).is_some() && price.stated(Part::Input).is_none();
    let untimed = silent || by_time && usage.audio_micros == 0;
    match endpoint {
        Endpoint::Rerank if usage.searches == 0 => usage.searches = 1,
        Endpoint::Speech if silent => {
            usage.audio_micros = input_bytes.saturating_mul(1_000_000) / SPOKEN_BYTES_PER_SECOND;
            usage.output_audio =
                input_bytes.saturating_mul(AUDIO_TOKENS_PER_SECOND) / SPOKEN_BYTES_PER_SECOND;
        }
        Endpoint::Transcriptions | Endpoint::Translations if untimed => {
            // Sound may be compressed far more than is usual.
            let sound = input_bytes.saturating_mul(1_000_000) / SOUND_BYTES_PER_SECOND;
            // No letter has fewer bytes than one, so that nothing is charged too little.
            let letters = answer.letters.unwrap_or(answer.output_bytes);
            let said = letters.saturating_mul(1_000_000) / MOST_LETTERS_PER_SECOND;
            usage.audio_micros = answer.lasts.unwrap_or(sound.max(said));
        }
        Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations if silent => {
            usage.output_image = usage.images.saturating_mul(TOKENS_PER_IMAGE);
        }
        _ => return false,
    }
    true
}

/// Whether answers are texts, in whatever form: no sound, no images.
fn tells_texts(surface: Surface) -> bool {
    matches!(
        surface,
        Surface::Chat
            | Surface::Completions
            | Surface::Responses
            | Surface::Messages
            | Surface::Gemini
    )
}

/// An estimate of the input never passes the bound that was held: images have many bytes for a token.
fn bounded(mut usage: Usage, worth: &Worth) -> Usage {
    usage.input = usage.input.min(worth.longest_prompt());
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_of_geminis_that_finished_does_not_end_the_answer() {
        let endpoint = Some(Endpoint::GeminiGenerate);
        let mut metered = Metered::new(endpoint, true, false, false);
        let finished = "data: {\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"}]}\n\n";
        metered.read(Bytes::from(finished));
        assert!(!metered.is_over());
        let more =
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"and more\"}]}}]}\n\n";
        metered.read(Bytes::from(more));
        assert_eq!(metered.output_bytes(), 8);
    }

    #[test]
    fn events_are_read_as_such_where_the_answer_does_not_say_so() {
        let event = |text: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        for begin in ["", ": hello\n\n", "\n", "event: a\n", "id: 1\n"] {
            let mut metered = Metered::new(Some(Endpoint::ChatCompletions), false, false, false);
            for piece in [begin, &event("Hello"), &event(" you")] {
                metered.read(Bytes::copy_from_slice(piece.as_bytes()));
            }
            assert!(!metered.is_over(), "{begin:?}");
            assert_eq!(metered.output_bytes(), 9, "{begin:?}");
            metered.read(Bytes::from("data: [DONE]\n\n"));
            assert!(metered.is_over(), "{begin:?}");
        }
        let mut metered = Metered::new(Some(Endpoint::ChatCompletions), false, false, false);
        metered.read(Bytes::from(
            " {\"choices\":[{\"message\":{\"content\":\"Hi\"}}]}",
        ));
        assert_eq!(metered.output_bytes(), 2);
        let mut speech = Metered::new(Some(Endpoint::Speech), false, false, false);
        speech.read(Bytes::from("did not say"));
        assert!(speech.unbegun.is_none());
    }

    /// What a transcription without a count is charged in milliseconds, by the size of its file.
    fn lasted(file: u64, answer: &str) -> u64 {
        let endpoint = Some(Endpoint::Transcriptions);
        let mut metered = Metered::new(endpoint, false, false, false);
        metered.read(Bytes::copy_from_slice(answer.as_bytes()));
        let answered = metered.scanner.take().unwrap().finish();
        let price = "second=0.0001".parse().unwrap();
        let (mut usage, _) = answered.settled(file);
        assert!(fill_in(&mut usage, (endpoint, &price), file, &answered));
        usage.audio_micros / 1000
    }

    #[test]
    fn sound_without_a_count_lasts_as_long_as_its_file_or_what_was_said_in_it() {
        let subtitles = "1\n00:00:00,000 --> 00:00:04,000\nHello [there]\n";
        for answer in [
            "Hello there",
            r#"{"text":"Hello there"}"#,
            r#"{"text":"Hello there","segments":[{"text":"Hello"},{"text":"there"}]}"#,
            r#"{"text":"\u041f\u0440\u0438\u0432\u0435\u0442 \u0432\u0441\u0435\u043c"}"#,
            subtitles,
        ] {
            assert_eq!(lasted(160, answer), 400, "{answer}");
            assert_eq!(lasted(160_000, answer), 10_000, "{answer}");
        }
    }

    #[test]
    fn sound_lasts_as_long_as_the_answer_says() {
        let said = r#"{"duration":600.5,"text":"Hello there"}"#;
        assert_eq!(lasted(160_000, said), 600_500);
        let nothing = r#"{"duration":0,"text":"Hello there"}"#;
        assert_eq!(lasted(160_000, nothing), 10_000);
    }

    #[test]
    fn the_last_event_of_a_chat_ends_the_answer() {
        let mut metered = Metered::new(Some(Endpoint::ChatCompletions), true, false, false);
        metered.read(Bytes::from("data: {\"choices\":[]}\n\n"));
        assert!(!metered.is_over());
        metered.read(Bytes::from("data: [DONE]\n\n"));
        assert!(metered.is_over());
    }
}
