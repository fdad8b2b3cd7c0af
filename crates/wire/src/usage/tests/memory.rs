use super::*;

const PIECE: &[u8] = &[b'x'; 16 * 1024];
const PIECES: usize = 3200; // 50 MiB

/// Pushes an answer with 50 MiB of text in it, and tells the most bytes allocated on the way.
fn most_allocated(mut scanner: UsageScanner, before: &str, after: &str) -> (u64, Metered) {
    let mut metered = None;
    let seen = allocation_counter::measure(|| {
        scanner.push(before.as_bytes());
        for _ in 0..PIECES {
            scanner.push(PIECE);
            assert!(scanner.held() <= UsageScanner::MOST_HELD);
        }
        scanner.push(after.as_bytes());
        metered = Some(scanner.finish());
    });
    (seen.bytes_max, metered.unwrap())
}

#[test]
fn an_event_of_50_mib_is_read_in_a_few_kib() {
    let (bytes, metered) = most_allocated(
        UsageScanner::events(Surface::Chat),
        r#"data: {"choices":[{"delta":{"content":""#,
        "\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
    );
    assert!(bytes <= 8 * 1024, "{bytes}");
    let expected = Metered {
        usage: Some(used(9, 4)),
        ended: Ended::Complete,
        output_bytes: (PIECE.len() * PIECES) as u64,
        ..Metered::default()
    };
    assert_eq!(metered, expected);
}

#[test]
fn an_endless_line_of_any_kind_is_read_in_a_few_kib() {
    for before in [
        "",
        "data: ",
        ": ",
        "x",
        "data: {\"",
        "data: {\"a\":1",
        "data: [",
    ] {
        let (bytes, metered) = most_allocated(UsageScanner::events(Surface::Chat), before, "");
        assert!(bytes <= 8 * 1024, "{before}: {bytes}");
        assert_eq!(metered.usage, None, "{before}");
    }
}

#[test]
fn a_body_of_50_mib_is_read_without_any_allocation() {
    let (bytes, metered) = most_allocated(
        UsageScanner::body(Surface::Chat),
        r#"{"choices":[{"message":{"content":""#,
        r#""}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#,
    );
    assert_eq!((bytes, metered.usage), (0, Some(used(9, 4))));
}

#[test]
fn a_scanner_is_small() {
    assert!(
        size_of::<UsageScanner>() <= 1536,
        "{}",
        size_of::<UsageScanner>()
    );
}
