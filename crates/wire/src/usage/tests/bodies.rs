use super::*;

#[test]
fn each_surface_has_its_usage_at_its_place() {
    let sound = |audio_micros| Usage {
        audio_micros,
        ..Usage::default()
    };
    for (surface, text, usage) in [
        (
            Surface::Chat,
            r#"{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":30,"audio_tokens":20,"cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":40,"audio_tokens":3,"accepted_prediction_tokens":1,"rejected_prediction_tokens":2}}}"#,
            Usage {
                cached_input: 30,
                cache_write_5m: 10,
                input_audio: 20,
                reasoning: 40,
                output_audio: 3,
                ..used(40, 7)
            },
        ),
        (
            Surface::Completions,
            r#"{"usage":{"completion_tokens":2,"prompt_tokens":1},"choices":[{"text":"x"}]}"#,
            used(1, 2),
        ),
        (
            Surface::Responses,
            r#"{"status":"completed","error":null,"usage":{"input_tokens":5,"output_tokens":6,"input_tokens_details":null}}"#,
            used(5, 6),
        ),
        (
            Surface::Embeddings,
            r#"{"data":[{"embedding":[0.1,-2e-5]}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#,
            used(8, 0),
        ),
        (
            Surface::Embeddings,
            r#"{"usage":{"total_tokens":8}}"#,
            used(8, 0),
        ),
        (
            Surface::Images,
            r#"{"created":1,"data":[{"b64_json":"AA=="}],"usage":{"input_tokens":9,"output_tokens":7,"output_tokens_details":{"image_tokens":6,"text_tokens":1}}}"#,
            Usage {
                output_image: 6,
                ..used(9, 1)
            },
        ),
        (
            Surface::Transcription,
            r#"{"text":"Hi","usage":{"type":"duration","seconds":12.3456789}}"#,
            sound(12_345_679),
        ),
        (
            Surface::Transcription,
            r#"{"usage":{"type":"duration","seconds":3}}"#,
            sound(3_000_000),
        ),
        (
            Surface::Moderation,
            r#"{"results":[],"usage":{"prompt_tokens":4}}"#,
            used(4, 0),
        ),
        (
            Surface::Rerank,
            r#"{"results":[],"usage":{"total_tokens":815}}"#,
            used(815, 0),
        ),
        (
            Surface::Rerank,
            r#"{"results":[],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1.5}}}"#,
            Usage {
                searches: 2,
                ..Usage::default()
            },
        ),
        (
            Surface::Messages,
            r#"{"content":[{"type":"text","text":"Hi"}],"usage":{"input_tokens":10,"cache_read_input_tokens":4,"output_tokens":3}}"#,
            Usage {
                cached_input: 4,
                ..used(10, 3)
            },
        ),
        (
            Surface::Gemini,
            r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"thoughtsTokenCount":1}}"#,
            Usage {
                reasoning: 1,
                ..used(3, 2)
            },
        ),
    ] {
        assert_eq!(body(surface, text).usage, Some(usage), "{text}");
    }
}

#[test]
fn a_body_is_complete_if_it_is_whole_and_says_nothing_else() {
    let usage = r#""usage":{"input_tokens":5,"output_tokens":6}"#;
    for (surface, text, ended) in [
        (Surface::Chat, "{}".to_owned(), Ended::Complete),
        (
            Surface::Chat,
            r#"{"status":"failed","type":"message_stop"}"#.to_owned(),
            Ended::Complete,
        ),
        (
            Surface::Chat,
            r#"{"error":{"message":"x"}}"#.to_owned(),
            Ended::Failed,
        ),
        (
            Surface::Messages,
            r#"{"type":"error","error":{}}"#.to_owned(),
            Ended::Failed,
        ),
        (Surface::Chat, r#"{"choices":["#.to_owned(), Ended::Unmarked),
        (Surface::Chat, String::new(), Ended::Unmarked),
        (
            Surface::Gemini,
            r#"{"candidates":[{"finishReason":"STOP"}]}"#.to_owned(),
            Ended::Complete,
        ),
        (
            Surface::Gemini,
            r#"{"candidates":[{"finishReason":null}]}"#.to_owned(),
            Ended::Unmarked,
        ),
        (
            Surface::Responses,
            format!(r#"{{"status":"completed",{usage}}}"#),
            Ended::Complete,
        ),
        (
            Surface::Responses,
            format!(r#"{{"status":"incomplete",{usage}}}"#),
            Ended::Incomplete,
        ),
        (
            Surface::Responses,
            format!(r#"{{{usage},"status":"failed"}}"#),
            Ended::Failed,
        ),
        (
            Surface::Responses,
            r#"{"status":"queued"}"#.to_owned(),
            Ended::Unmarked,
        ),
    ] {
        let metered = body(surface, &text);
        assert_eq!(metered.ended, ended, "{text}");
        assert_eq!(metered.usage.is_some(), text.contains(usage), "{text}");
    }
}

#[test]
fn a_torn_body_has_text_but_no_usage() {
    let text = r#"{"usage":{"prompt_tokens":1,"completion_tokens":2},"choices":[{"message":{"content":"Hello"#;
    let expected = Metered {
        output_bytes: 5,
        ..Metered::default()
    };
    assert_eq!(body(Surface::Chat, text), expected);
}

#[test]
fn a_transcript_in_bare_text_is_all_text() {
    let text = "1\n00:00:00,000 --> 00:00:02,000\nHello \"usage\": you\n";
    let metered = body(Surface::Transcription, text);
    assert_eq!(
        (metered.usage, metered.output_bytes),
        (None, text.len() as u64)
    );
    assert_eq!(body(Surface::Speech, "\u{1}ID3\u{0}").output_bytes, 0);
    let text = r#"{"text":"Hello"}"#;
    assert_eq!(body(Surface::Transcription, text).output_bytes, 5);
}

#[test]
fn a_transcript_tells_how_long_its_sound_is_and_what_was_said() {
    let of = |text| {
        let metered = body(Surface::Transcription, text);
        (metered.usage, metered.lasts, metered.letters)
    };
    let parts =
        r#"{"duration":8.470000267,"text":"Hi \u0416","segments":[{"text":"Hi","duration":3}]}"#;
    assert_eq!(of(parts), (None, Some(8_470_001), Some(3)));
    assert_eq!(of(r#"{"duration":0,"text":"a"}"#), (None, None, Some(1)));
    assert_eq!(of(r#"{"duration":-1,"text":"a"}"#), (None, None, Some(1)));
    assert_eq!(of(" \n[Hi] you"), (None, None, Some(5)));
}

#[test]
fn a_part_larger_than_its_whole_is_counted_apart_from_it() {
    for (counts, usage) in [
        // As xAI does.
        (
            r#""prompt_tokens":10,"completion_tokens":50,"total_tokens":90,"completion_tokens_details":{"reasoning_tokens":30}"#,
            Usage {
                reasoning: 30,
                ..used(10, 50)
            },
        ),
        (
            r#""prompt_tokens":10,"completion_tokens":50,"total_tokens":60,"completion_tokens_details":{"reasoning_tokens":30}"#,
            Usage {
                reasoning: 30,
                ..used(10, 20)
            },
        ),
        (
            r#""prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":30}"#,
            Usage {
                reasoning: 30,
                ..used(10, 5)
            },
        ),
        (
            r#""prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2000}"#,
            Usage {
                cached_input: 2000,
                ..used(10, 5)
            },
        ),
        // Sound that is cached as well is not charged twice.
        (
            r#""prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8,"audio_tokens":6}"#,
            Usage {
                cached_input: 8,
                input_audio: 2,
                ..used(0, 5)
            },
        ),
        (
            r#""prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":8"#,
            Usage {
                cached_input: 8,
                ..used(2, 5)
            },
        ),
    ] {
        let text = format!(r#"{{"usage":{{{counts}}}}}"#);
        assert_eq!(body(Surface::Chat, &text).usage, Some(usage), "{counts}");
    }
}
