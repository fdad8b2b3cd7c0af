use super::super::walk::walk;
use super::*;

fn found(body: &str) -> Features {
    let valid = serde_json::from_str::<serde_json::Value>(body);
    assert!(valid.is_ok(), "{body}");
    walk(body).unwrap().1
}

#[test]
fn what_is_not_in_the_body_is_noticed() {
    for body in [
        r#"{"messages":[{"content":[{"image_url":{"url":"https://x/y.png"}}]}]}"#,
        r#"{"messages":[{"content":[{"image_url":{"url":"data:image/png;base64,AA"}}]}]}"#,
        r#"{"input":[{"content":[{"type":"input_image","detail":"low"}]}]}"#,
        r#"{"input":[{"content":[{ "file_id" : "file_1"}]}]}"#,
        r#"{"input":[{"content":[{"Fil\u0065_URL":"https://x"}]}]}"#,
        "{\"x\":{\"file_\u{17f}\":1,\"fi\u{212a}e\":2,\"file_data\":\"\"}}",
        r#"{"previous_response_id":"resp_1"}"#,
        r#"{"conversation":{"id":"conv_1"}}"#,
        r#"{"conversation":"conv_1"}"#,
        r#"{"prompt":{"id":"pmpt_1"}}"#,
        r#"{"messages":[{"content":[{"source":{"type":"url","url":"https://x"}}]}]}"#,
        r#"{"messages":[{"content":[{"source":{"type":"file"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"image","source":{"type":"base64","data":""}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"document"}]}]}"#,
        r#"{"messages":[{"content":[{"type":"docum\u0065nt"}]}]}"#,
        r#"{"container":"container_1"}"#,
        r#"{"mcp_servers":[{}]}"#,
        r#"{"contents":[{"parts":[{"fileData":{"fileUri":"x"}}]}]}"#,
        r#"{"contents":[{"parts":[{"inline_data":{}}]}]}"#,
        r#"{"cachedContent":"cachedContents/1"}"#,
        r#"{"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}"#,
        r#"{"input":[{"type":"item_reference","id":"msg_1"}]}"#,
        r#"{"input":[{"id":"msg_1"}]}"#,
        r#"{"input":[{"type":"reasoning","id":"rs_1","summary":[]}]}"#,
        r#"{"input":[{"id":"rs_1","type":"reasoning","encrypted_content":null}]}"#,
        r#"{"tools":[{"type":"function"},{"type":"web_search"}]}"#,
        r#"{"tools":[{"type":"bash_20250124","name":"bash"}]}"#,
        r#"{"web_search_options":{}}"#,
    ] {
        assert!(found(body).referenced, "{body}");
    }
}

#[test]
fn what_only_looks_like_a_reference_is_none() {
    for body in [
        r#"{"messages":[{"content":"image_url"},{"content":"\"image_url\": 1"}]}"#,
        r#"{"messages":[{"role":"user","id":"7","content":[{"type":"text","text":"image"}]}]}"#,
        r#"{"previous_response_id":null,"conversation": null,"container":null,"prompt":null}"#,
        r#"{"prompt":"text","input":"text"}"#,
        r#"{"prompt":["text"]}"#,
        r#"{"tools":[{"name":"f","parameters":{"properties":{"prompt":{"type":"string"},"container":{"type":"object"},"conversation":{},"id":{"type":"string"}}}}]}"#,
        r#"{"tools":[{"type":"function","name":"web_search"},{"type":"custom"},{"name":"x"}]}"#,
        r#"{"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"gAAA"}]}"#,
        r#"{"input":[{"type":"message","id":"msg_1"},{"role":"user","content":"x"}]}"#,
        r#"{"reasoning":{"effort":"low"},"audio":{"voice":"alloy"}}"#,
        r#"{"tool_choice":{"type":"function"},"type":"reasonin"}"#,
    ] {
        assert!(!found(body).referenced, "{body}");
    }
}

#[test]
fn sound_is_noticed() {
    for body in [
        r#"{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":""}}]}]}"#,
        r#"{"modalities":["text", "audio"]}"#,
        r#"{"Modalities":["\u0061udio"]}"#,
        r#"{"generationConfig":{"responseModalities":["AUDIO"]}}"#,
        r#"{"audio":{"voice":"alloy"}}"#,
    ] {
        assert!(found(body).audio, "{body}");
    }
    for body in [
        r#"{"modalities":["text"],"stop":["audio"]}"#,
        r#"{"modalities":null,"input_audio":null}"#,
        r#"{"x":{"audio":{}}}"#,
    ] {
        assert!(!found(body).audio, "{body}");
    }
}

#[test]
fn caching_and_tools_are_noticed() {
    let cached = r#"{"system":[{"text":"x","cache_control":{"type":"ephemeral"}}]}"#;
    assert!(found(cached).cache);
    assert!(!found(r#"{"cache_control":null,"x":"cache_control"}"#).cache);
    for tools in [r#""tools":[ {}]"#, r#""functions":[{}]"#, r#""TOOLS":{}"#] {
        assert!(found(&format!("{{{tools}}}")).tools, "{tools}");
    }
    for tools in [r#""tools":[ ]"#, r#""tools":null"#, r#""x":{"tools":[1]}"#] {
        assert!(!found(&format!("{{{tools}}}")).tools, "{tools}");
    }
}

#[test]
fn an_ordinary_body_has_no_features() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"n":1}"#;
    assert_eq!(found(body), Features::default());
}

#[test]
fn nesting_is_bounded_and_brackets_in_strings_do_not_count() {
    let nested = |levels: usize| "[".repeat(levels) + r#""[[\"[[\\""# + &"]".repeat(levels);
    let read = |inner| walk(&format!(r#"{{"x":{inner}}}"#)).is_some();
    assert!(read(nested(MOST - 1)));
    assert!(!read(nested(MOST)));
    let wide = format!("[{},[]]", nested(MOST - 2));
    assert!(read(wide));
}
