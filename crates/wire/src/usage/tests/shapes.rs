//! Gemini's events, each of which has a usage and which differ in little else.

use super::super::*;
use proptest::prelude::*;

fn event(text: &str, usage: &str, rest: &str) -> String {
    format!(
        "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{rest}}}],\
         \"usageMetadata\":{usage}}}\n\n"
    )
}

fn usage(output: &str, total: &str) -> String {
    format!(
        "{{\"promptTokenCount\":8,\"candidatesTokenCount\":{output},\"totalTokenCount\":{total},\
         \"promptTokensDetails\":[{{\"modality\":\"TEXT\",\"tokenCount\":8}}]}}"
    )
}

/// Whole, in pieces, and with a comment in each event so that none is compared with another.
fn metered(events: &[String]) -> Metered {
    let stream = events.concat();
    let read = |stream: &str, size: usize| {
        let mut scanner = UsageScanner::events(Surface::Gemini);
        for chunk in stream.as_bytes().chunks(size) {
            scanner.push(chunk);
        }
        scanner.finish()
    };
    let whole = read(&stream, stream.len());
    assert_eq!(whole, read(&stream, 7), "{stream}");
    let apart = stream.replace("data: ", ": a\n: b\ndata: ");
    assert_eq!(whole, read(&apart, apart.len()), "{stream}");
    whole
}

#[test]
fn counts_of_like_events_are_read_by_their_place() {
    let events: Vec<String> = (1..40)
        .map(|n| event("ab\\n", &usage(&n.to_string(), &(n + 8).to_string()), ""))
        .collect();
    let seen = metered(&events);
    assert_eq!(seen.usage.unwrap().output_tokens(), 39);
    assert_eq!(seen.usage.unwrap().input_tokens(), 8);
    assert_eq!(seen.output_bytes, 39 * 4);
    assert_eq!(seen.ended, Ended::Unmarked);
}

#[test]
fn an_event_that_says_anything_else_is_read_as_a_whole() {
    let plain = || event("x", &usage("3", "11"), "");
    let like = |odd: &str| metered(&[plain(), plain(), odd.to_owned(), plain()]);
    for odd in [
        event("x", &usage("03", "11"), ""),
        event("x", &usage("-3", "11"), ""),
        event("x", &usage("3.5", "11"), ""),
        event("x", &usage("9999999999999999", "11"), ""),
        event("x", &usage("null", "11"), ""),
        event("x", "{}", ""),
        event("x", "null", ""),
        event("x", &usage("3", "11"), ",\"candidatesTokenCount\":9"),
    ] {
        assert_eq!(like(&odd).usage.unwrap().output_tokens(), 3, "{odd}");
    }
    let last = event("x", &usage("5", "13"), ",\"finishReason\":\"STOP\"");
    let seen = metered(&[plain(), plain(), last]);
    assert_eq!(
        (seen.usage.unwrap().output, seen.ended),
        (5, Ended::Complete)
    );
    let absurd = metered(&[plain(), plain(), event("x", &usage("-1", "2"), "")]);
    assert_eq!((absurd.usage, absurd.absurd), (None, true));
}

proptest! {
    #[test]
    fn no_event_is_taken_for_another(
        picks in prop::collection::vec((0..9_usize, 0..40_u64), 1..12),
    ) {
        let events: Vec<String> = picks
            .iter()
            .map(|(pick, n)| {
                let (n, total) = (n.to_string(), (n + 8).to_string());
                match pick {
                    0..4 => event("x", &usage(&n, &total), ""),
                    4 => event("\\u0061", &usage(&n, &total), ""),
                    5 => event("x", "null", &format!(",\"candidatesTokenCount\":{n}")),
                    6 => event("x", &usage("1", &total), &format!(",\"totalTokenCount\":{n}")),
                    7 => event("x", "{\"candidatesTokenCount\":\"1\"}", ""),
                    _ => event("x", "{\"candidatesTokenCount\":1,\"candidatesTokenCount\":2}", ""),
                }
            })
            .collect();
        metered(&events);
    }
}
