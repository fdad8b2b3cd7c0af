use super::*;

#[test]
fn responses_are_charged_however_they_end() {
    let end = |kind: &str| {
        format!(
            r#"{{"type":"response.{kind}","sequence_number":9,"response":{{"id":"r","output":[{{"content":[{{"text":"Hello you"}}]}}],"usage":{{"input_tokens":20,"input_tokens_details":{{"cached_tokens":8}},"output_tokens":10,"output_tokens_details":{{"reasoning_tokens":6}},"total_tokens":30}}}}}}"#
        )
    };
    let created = r#"{"type":"response.created","response":{"usage":null,"status":"in_progress"}}"#;
    let delta = r#"{"type":"response.output_text.delta","sequence_number":3,"delta":"Hello","obfuscation":"ab"}"#;
    let text = r#"{"type":"response.output_text.done","text":"Hello"}"#;
    let usage = Usage {
        input: 12,
        cached_input: 8,
        output: 4,
        reasoning: 6,
        ..Usage::default()
    };
    for (kind, ended) in [
        ("completed", Ended::Complete),
        ("incomplete", Ended::Incomplete),
        ("failed", Ended::Failed),
    ] {
        let answer = events(&[created, delta, delta, text, &end(kind)]);
        assert_eq!(
            stream(Surface::Responses, &answer),
            said(usage, ended, 10),
            "{kind}"
        );
    }
    let flat = r#"{"type":"error","code":"x","message":"y","param":null,"sequence_number":4}"#;
    for (name, data, expected) in [
        (
            "an error",
            &[created, delta, flat][..],
            silent(Ended::Failed, 5),
        ),
        (
            "cut",
            &[created, delta, delta, text],
            silent(Ended::Unmarked, 10),
        ),
        (
            "failed without usage",
            &[r#"{"type":"response.failed","response":{"usage":null,"error":{"code":"x"}}}"#],
            silent(Ended::Failed, 0),
        ),
        (
            "usage at the root",
            &[r#"{"usage":{"input_tokens":1}}"#],
            silent(Ended::Unmarked, 0),
        ),
    ] {
        assert_eq!(
            stream(Surface::Responses, &events(data)),
            expected,
            "{name}"
        );
    }
}

#[test]
fn messages_merge_their_usage_field_by_field() {
    let start = r#"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":25,"cache_creation_input_tokens":30,"cache_read_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1,"service_tier":"standard"}}}"#;
    let open =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    let delta =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#;
    let think = r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#;
    let input = r#"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"usage\":"}}"#;
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}"#;
    let tools = r#"{"type":"message_delta","delta":{},"usage":{"input_tokens":26,"output_tokens":16,"cache_read_input_tokens":null,"server_tool_use":{"web_search_requests":2}}}"#;
    let stop = r#"{"type":"message_stop"}"#;
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
    let ping = r#"{"type":"ping"}"#;
    let full = Usage {
        input: 25,
        cached_input: 7,
        cache_write_5m: 10,
        cache_write_1h: 20,
        output: 15,
        ..Usage::default()
    };
    let begun = Usage { output: 1, ..full };
    let searched = Usage {
        input: 26,
        output: 16,
        searches: 2,
        ..full
    };
    for (name, data, expected) in [
        (
            "whole",
            &[start, open, ping, delta, end, stop][..],
            said(full, Ended::Complete, 5),
        ),
        (
            "two deltas",
            &[start, end, tools, stop],
            said(searched, Ended::Complete, 0),
        ),
        (
            "no stop",
            &[start, delta, end],
            said(full, Ended::Unmarked, 5),
        ),
        (
            "cut",
            &[start, open, think, delta, input],
            Metered {
                provisional: true,
                ..said(begun, Ended::Unmarked, 18)
            },
        ),
        (
            "an error",
            &[start, delta, error],
            Metered {
                provisional: true,
                ..said(begun, Ended::Failed, 5)
            },
        ),
        (
            "nothing but text",
            &[delta, delta],
            silent(Ended::Unmarked, 10),
        ),
    ] {
        assert_eq!(stream(Surface::Messages, &events(data)), expected, "{name}");
    }
}

#[test]
fn cache_writes_without_a_stated_time_are_those_of_five_minutes() {
    for (counts, five, hour) in [
        (r#""cache_creation_input_tokens":30"#, 30, 0),
        (
            r#""cache_creation_input_tokens":30,"cache_creation":{"ephemeral_1h_input_tokens":20}"#,
            10,
            20,
        ),
        (
            r#""cache_creation_input_tokens":30,"cache_creation":null"#,
            30,
            0,
        ),
        (
            r#""cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":6}"#,
            5,
            6,
        ),
        (
            r#""cache_creation_input_tokens":3,"cache_creation":{"ephemeral_5m_input_tokens":5}"#,
            5,
            0,
        ),
    ] {
        let text = format!(r#"{{"usage":{{"input_tokens":1,{counts},"output_tokens":2}}}}"#);
        let usage = Usage {
            cache_write_5m: five,
            cache_write_1h: hour,
            ..used(1, 2)
        };
        assert_eq!(
            body(Surface::Messages, &text).usage,
            Some(usage),
            "{counts}"
        );
    }
}

#[test]
fn geminis_last_usage_counts_with_its_thoughts() {
    let first = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]}}],"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10}}"#;
    let last = r#"{"candidates":[{"content":{"parts":[{"text":" you"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":20,"thoughtsTokenCount":30,"toolUsePromptTokenCount":5,"totalTokenCount":155,"promptTokensDetails":[{"modality":"TEXT","tokenCount":80},{"modality":"AUDIO","tokenCount":12},{"modality":"IMAGE","tokenCount":8}],"candidatesTokensDetails":[{"tokenCount":15,"modality":"IMAGE"}]}}"#;
    let bare = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}]}}]}"#;
    let usage = Usage {
        input: 45,
        cached_input: 40,
        input_audio: 12,
        input_image: 8,
        output: 5,
        reasoning: 30,
        output_image: 15,
        ..Usage::default()
    };
    for (name, data, expected) in [
        ("whole", &[first, last][..], said(usage, Ended::Complete, 9)),
        (
            "cut",
            &[first, first],
            said(used(10, 0), Ended::Unmarked, 10),
        ),
        ("no usage", &[bare, bare], silent(Ended::Unmarked, 10)),
        (
            "an error",
            &[first, r#"{"error":{"code":503}}"#],
            said(used(10, 0), Ended::Failed, 5),
        ),
    ] {
        assert_eq!(stream(Surface::Gemini, &events(data)), expected, "{name}");
    }
    let array = format!("[{first},\n{last}]");
    assert_eq!(
        body(Surface::Gemini, &array),
        said(usage, Ended::Complete, 9)
    );
    let cut = format!("[{first},\n{}", last.split_at(200).0);
    assert_eq!(body(Surface::Gemini, &cut).usage, Some(used(10, 0)));
    assert_eq!(body(Surface::Gemini, last), said(usage, Ended::Complete, 4));
    let numbered = last.replace("\"AUDIO\"", "4").replace("\"IMAGE\"", "2");
    assert_eq!(body(Surface::Gemini, &numbered).usage, Some(usage));
}

#[test]
fn an_embedding_of_geminis_names_its_modalities_otherwise() {
    let list = r#"[{"modality":"AUDIO","tokenCount":50},{"modality":"IMAGE","tokenCount":30}]"#;
    let usage = Usage {
        input: 20,
        input_audio: 50,
        input_image: 30,
        ..Usage::default()
    };
    for details in [
        format!(r#""promptTokenDetails":{list}"#),
        format!(r#""promptTokensDetails":{list},"promptTokenDetails":{list}"#),
    ] {
        let text = format!(
            r#"{{"embeddings":[{{"values":[0.5]}}],"usageMetadata":{{"promptTokenCount":100,{details}}}}}"#
        );
        assert_eq!(body(Surface::Gemini, &text).usage, Some(usage), "{details}");
    }
}

#[test]
fn what_gemini_read_from_its_cache_is_no_sound_and_no_image() {
    let counts = |cached: &str| {
        format!(
            r#"{{"usageMetadata":{{"promptTokenCount":100,"cachedContentTokenCount":60,{cached}"promptTokensDetails":[{{"modality":"TEXT","tokenCount":20}},{{"modality":"AUDIO","tokenCount":50}},{{"modality":"IMAGE","tokenCount":30}}]}}}}"#
        )
    };
    for (cached, [input, input_audio, input_image]) in [
        ("", [0, 40, 0]),
        (r#""cacheTokensDetails":[],"#, [0, 40, 0]),
        (
            r#""cacheTokensDetails":[{"modality":"AUDIO","tokenCount":30},{"modality":"AUDIO","tokenCount":20},{"modality":"IMAGE","tokenCount":10}],"#,
            [20, 0, 20],
        ),
        (
            r#""cacheTokensDetails":[{"modality":"IMAGE","tokenCount":30}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":45},{"modality":"TEXT","tokenCount":15}],"#,
            [5, 5, 30],
        ),
    ] {
        let usage = Usage {
            cached_input: 60,
            input_audio,
            input_image,
            ..used(input, 0)
        };
        let seen = body(Surface::Gemini, &counts(cached)).usage;
        assert_eq!(seen, Some(usage), "{cached}");
    }
}

#[test]
fn sound_and_images_have_usage_in_their_last_event() {
    let counts = r#""usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":45,"total_tokens":59}"#;
    let sound = Usage {
        input_audio: 10,
        ..used(4, 45)
    };
    for (surface, data, expected) in [
        (
            Surface::Transcription,
            vec![
                r#"{"type":"transcript.text.delta","delta":"Hello"}"#.to_owned(),
                format!(r#"{{"type":"transcript.text.done","text":"Hello",{counts}}}"#),
            ],
            said(sound, Ended::Complete, 5),
        ),
        (
            Surface::Speech,
            vec![
                r#"{"type":"speech.audio.delta","audio":"AAAA"}"#.to_owned(),
                r#"{"type":"speech.audio.done","usage":{"input_tokens":3,"output_tokens":9,"total_tokens":12}}"#.to_owned(),
            ],
            said(Usage { output_audio: 9, ..used(3, 0) }, Ended::Complete, 0),
        ),
        (
            Surface::Images,
            vec![
                r#"{"type":"image_generation.partial_image","b64_json":"AAAA"}"#.to_owned(),
                r#"{"type":"image_generation.completed","b64_json":"AAAA","usage":{"input_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40},"output_tokens":50,"total_tokens":100}}"#.to_owned(),
            ],
            said(
                Usage { input_image: 40, output_image: 50, ..used(10, 0) },
                Ended::Complete,
                0,
            ),
        ),
    ] {
        let data: Vec<&str> = data.iter().map(String::as_str).collect();
        assert_eq!(stream(surface, &events(&data)), expected, "{surface:?}");
    }
}

#[test]
fn output_that_no_detail_names_is_what_the_surface_is_for() {
    let counts = |details: &str| {
        format!(
            r#"{{"usage":{{"input_tokens":22,"output_tokens":272,"total_tokens":294{details}}}}}"#
        )
    };
    let images = |output, output_image| Usage {
        output_image,
        ..used(22, output)
    };
    let sound = |output, output_audio| Usage {
        output_audio,
        ..used(22, output)
    };
    let (drawn, named) = (
        r#","output_tokens_details":{"image_tokens":200,"text_tokens":72}"#,
        r#","output_tokens_details":{"image_tokens":0,"text_tokens":272}"#,
    );
    let spoken = r#","output_tokens_details":{"audio_tokens":200}"#;
    for (surface, details, expected) in [
        (Surface::Images, "", images(0, 272)),
        (
            Surface::Images,
            r#","output_tokens_details":null"#,
            images(0, 272),
        ),
        (Surface::Images, drawn, images(72, 200)),
        (Surface::Images, named, images(272, 0)),
        (Surface::Speech, "", sound(0, 272)),
        (Surface::Speech, spoken, sound(72, 200)),
        (Surface::Transcription, "", used(22, 272)),
        (Surface::Responses, "", used(22, 272)),
    ] {
        let usage = body(surface, &counts(details)).usage;
        assert_eq!(usage, Some(expected), "{surface:?} {details}");
    }
}
