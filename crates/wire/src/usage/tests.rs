//! The tables: what each surface says, and what is read from it.

use super::*;

mod bodies;
mod dialects;
mod hostile;
mod iterations;
mod memory;
mod reference;
mod searches;
mod shapes;
mod streams;

/// Meters an answer, and makes sure that it does not depend on where it is cut.
fn metered(make: impl Fn() -> UsageScanner, answer: &[u8]) -> Metered {
    let whole = in_chunks(&make, answer, answer.len().max(1));
    for size in [1, 2, 3, 7, 64, 1000, 5000] {
        let shown = String::from_utf8_lossy(answer);
        assert_eq!(
            in_chunks(&make, answer, size),
            whole,
            "cut by {size}: {shown:.3000}"
        );
    }
    whole
}

fn in_chunks(make: &impl Fn() -> UsageScanner, answer: &[u8], size: usize) -> Metered {
    let mut scanner = make();
    for chunk in answer.chunks(size) {
        scanner.push(chunk);
        assert!(scanner.held() <= UsageScanner::MOST_HELD);
    }
    scanner.push(&[]);
    scanner.finish()
}

fn stream(surface: Surface, answer: &str) -> Metered {
    metered(|| UsageScanner::events(surface), answer.as_bytes())
}

fn body(surface: Surface, answer: &str) -> Metered {
    metered(|| UsageScanner::body(surface), answer.as_bytes())
}

/// Each text as the data of an event.
fn events(data: &[&str]) -> String {
    data.iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect()
}

fn used(input: u64, output: u64) -> Usage {
    Usage {
        input,
        output,
        ..Usage::default()
    }
}

fn said(usage: Usage, ended: Ended, output_bytes: u64) -> Metered {
    Metered {
        usage: Some(usage),
        ended,
        output_bytes,
        ..Metered::default()
    }
}

fn silent(ended: Ended, output_bytes: u64) -> Metered {
    Metered {
        ended,
        output_bytes,
        ..Metered::default()
    }
}

#[test]
fn an_estimate_takes_four_bytes_for_a_token_and_rounds_up() {
    assert_eq!(estimate(0, 0), used(0, 0));
    assert_eq!(estimate(1, 4), used(1, 1));
    assert_eq!(estimate(5, 9), used(2, 3));
    assert_eq!(estimate(u64::MAX, 0).input, 1 << 62);
}

#[test]
fn what_is_settled_is_the_count_or_an_estimate_that_is_called_one() {
    let counted = Metered {
        usage: Some(used(7, 5)),
        output_bytes: 4000,
        ..Metered::default()
    };
    assert_eq!(counted.settled(999), (used(7, 5), false));
    let provisional = Metered {
        provisional: true,
        ..counted
    };
    assert_eq!(provisional.settled(999), (used(7, 1000), true));
    let short = Metered {
        output_bytes: 4,
        ..provisional
    };
    assert_eq!(short.settled(999), (used(7, 5), true));
    let silent = Metered {
        usage: None,
        ..counted
    };
    assert_eq!(silent.settled(999), (used(250, 1000), true));
}

#[test]
fn the_parts_add_up_to_all_tokens_of_a_direction() {
    let usage = Usage {
        input: 1,
        cached_input: 2,
        cache_write_5m: 4,
        cache_write_1h: 8,
        input_audio: 16,
        input_image: 32,
        output: 1,
        reasoning: 2,
        output_audio: 4,
        output_image: 8,
        audio_micros: 1000,
        searches: 1000,
        images: 1000,
    };
    assert_eq!((usage.input_tokens(), usage.output_tokens()), (63, 15));
}

#[test]
fn the_worst_ending_counts() {
    use Ended::{Complete, Failed, Incomplete, Unmarked};
    assert!(Unmarked < Complete && Complete < Incomplete && Incomplete < Failed);
}

#[test]
fn an_ending_is_known_before_the_stream_is_closed() {
    for (surface, last, ended) in [
        (Surface::Chat, "data: [DONE]\n\n", Ended::Complete),
        (
            Surface::Messages,
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            Ended::Complete,
        ),
        (
            Surface::Responses,
            "data: {\"type\":\"response.incomplete\",\"response\":{}}\n\n",
            Ended::Incomplete,
        ),
        (Surface::Chat, "data: {\"error\":{}}\n\n", Ended::Failed),
    ] {
        let mut scanner = UsageScanner::events(surface);
        scanner.push(b"data: {\"choices\":[]}\n\n");
        assert_eq!(scanner.ended(), Ended::Unmarked, "{last}");
        scanner.push(last.as_bytes());
        assert_eq!(scanner.ended(), ended, "{last}");
    }
    let mut scanner = UsageScanner::body(Surface::Chat);
    scanner.push(b"{\"usage\":{}");
    assert_eq!(scanner.ended(), Ended::Unmarked);
    scanner.push(b"}");
    assert_eq!(scanner.ended(), Ended::Complete);
}

#[test]
fn each_endpoint_that_is_priced_by_what_it_uses_has_a_surface() {
    use tollgate_policy::endpoint::{Dialect, Endpoint};
    for endpoint in Endpoint::ALL {
        let surface = Surface::of(endpoint);
        let is_free = endpoint.is_free();
        assert_eq!(surface.is_none(), is_free, "{endpoint}");
        let is_anthropic = surface == Some(Surface::Messages);
        let expected = endpoint.dialect() == Dialect::Anthropic && !is_free;
        assert_eq!(is_anthropic, expected, "{endpoint}");
    }
    assert_eq!(Surface::of(Endpoint::Speech), Some(Surface::Speech));
    let moderation = Surface::of(Endpoint::Moderations);
    assert_eq!(moderation, Some(Surface::Moderation));
}

#[test]
fn the_text_is_counted_while_it_passes() {
    let mut scanner = UsageScanner::events(Surface::Chat);
    assert_eq!(scanner.output_bytes(), 0);
    scanner.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"four\"}}]}\n\n");
    assert_eq!(scanner.output_bytes(), 4);
    scanner.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"\\n\"}}]}\n\n");
    assert_eq!(scanner.output_bytes(), 6);
    assert_eq!(scanner.finish().output_bytes, 6);
}

#[test]
fn text_is_counted_once_wherever_it_stands() {
    let nested = r#"{"choices":[{"delta":{"content":"abc","more":{"delta":{"content":"de"}}}}]}"#;
    let broken = r#"{"delta":{"content":"ab:[{"delta":{"content":"cd"#;
    for (data, bytes) in [(nested, 5), (broken, 5)] {
        let mut scanner = UsageScanner::events(Surface::Chat);
        scanner.push(format!("data: {data}\n\n").as_bytes());
        assert_eq!(scanner.output_bytes(), bytes, "{data}");
    }
}
