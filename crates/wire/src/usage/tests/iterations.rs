//! Anthropic's lists of what each time that it sampled used.

use super::*;

const SUMMARY: &str = r#"{"type":"compaction","input_tokens":180000,"output_tokens":3500}"#;
const ANSWER: &str =
    r#"{"type":"message","input_tokens":23000,"output_tokens":1000,"cache_creation":null}"#;

fn counts(iterations: &str) -> String {
    format!(r#""usage":{{"input_tokens":23000,"output_tokens":1000,"iterations":{iterations}}}"#)
}

#[test]
fn what_the_whole_leaves_out_is_charged_besides() {
    let cached = r#"{"cache_creation_input_tokens":30,"cache_read_input_tokens":7,"output_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":20},"model":"m","input_tokens":11,"type":"advisor_message"}"#;
    let whole = used(23_000, 1_000);
    let shortened = used(203_000, 4_500);
    let advised = Usage {
        cached_input: 7,
        cache_write_5m: 10,
        cache_write_1h: 20,
        ..used(203_011, 4_505)
    };
    for (iterations, expected) in [
        ("null".to_owned(), whole),
        ("7".to_owned(), whole),
        ("{}".to_owned(), whole),
        ("[]".to_owned(), whole),
        ("[1,null,[]]".to_owned(), whole),
        (format!("[{ANSWER}]"), whole),
        (format!("[{ANSWER},{ANSWER}]"), whole),
        (format!("[[{SUMMARY}]]"), whole),
        (format!("[{{\"x\":{SUMMARY}}}]"), whole),
        (
            format!("[{}]", ANSWER.replace("message", "fallback_message")),
            whole,
        ),
        (
            format!("[{}]", SUMMARY.replace("compaction", "unheard_of")),
            whole,
        ),
        (format!("[{SUMMARY}]"), shortened),
        (format!("[{SUMMARY},{ANSWER}]"), shortened),
        (format!("[{SUMMARY}],\"iterations\":[{SUMMARY}]"), shortened),
        (
            format!("[{SUMMARY},{ANSWER},{SUMMARY}]"),
            used(383_000, 8_000),
        ),
        (format!("[{SUMMARY},{cached},{ANSWER}]"), advised),
    ] {
        let answer = format!("{{{}}}", counts(&iterations));
        let metered = body(Surface::Messages, &answer);
        assert_eq!(metered, said(expected, Ended::Complete, 0), "{iterations}");
    }
    let absurd = SUMMARY.replace("3500", "-1");
    let answer = format!("{{{}}}", counts(&format!("[{absurd}]")));
    assert!(body(Surface::Messages, &answer).absurd);
}

#[test]
fn the_last_list_of_a_stream_counts() {
    let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":23000,"output_tokens":1,"iterations":null}}}"#;
    let delta = |iterations: &str| {
        let counts = counts(iterations);
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},{counts}}}"#)
    };
    let (first, both) = (format!("[{SUMMARY}]"), format!("[{SUMMARY},{ANSWER}]"));
    let plain = r#"{"type":"message_delta","usage":{"output_tokens":1000}}"#;
    let stop = r#"{"type":"message_stop"}"#;
    for data in [
        vec![start, &delta(&both), stop],
        vec![start, &delta(&first), &delta(&both), stop],
        vec![start, &delta(&both), plain, stop],
    ] {
        let metered = stream(Surface::Messages, &events(&data));
        assert_eq!(metered, said(used(203_000, 4_500), Ended::Complete, 0));
    }
    let begun = start.replace("null", &first);
    let cut = stream(Surface::Messages, &events(&[&begun]));
    let expected = said(used(203_000, 3_501), Ended::Unmarked, 0);
    assert_eq!(
        cut,
        Metered {
            provisional: true,
            ..expected
        }
    );
}

#[test]
fn no_number_of_iterations_counts_for_none() {
    let most = format!(
        r#"{{"type":"compaction","input_tokens":{},"output_tokens":1}}"#,
        1_u64 << 53
    );
    let list = vec![most.as_str(); 3000].join(",");
    let answer = format!("{{{}}}", counts(&format!("[{list}]")));
    let usage = body(Surface::Messages, &answer).usage.unwrap();
    assert_eq!(usage.input, (1 << 53) + 23_000);
}
