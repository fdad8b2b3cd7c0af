//! What is not in the body, and what of it may be sound.

use super::*;

#[test]
fn content_by_its_address_is_noticed() {
    for (body, is_sound) in [
        (
            r#"{"messages":[{"content":[{"type":"document_url"}]}]}"#,
            false,
        ),
        (
            r#"{"messages":[{"content":[{"document_url":"https://x"}]}]}"#,
            false,
        ),
        (r#"{"messages":[{"content":[{"type":"audio_url"}]}]}"#, true),
        (
            r#"{"messages":[{"content":[{"type":"audio","audio":"https://x"}]}]}"#,
            true,
        ),
        (
            r#"{"messages":[{"content":[{"audio_url":{"url":"https://x"}}]}]}"#,
            false,
        ),
        (
            r#"{"messages":[{"content":[{"type":"video","video":["https://x"]}]}]}"#,
            false,
        ),
        (
            r#"{"messages":[{"content":[{"type":"video_url"}]}]}"#,
            false,
        ),
        (r#"{"input":[{"text":"x"},{"image":"https://x"}]}"#, false),
        (r#"{"input":[{"video":"AA"}]}"#, false),
        (r#"{"input":[{"audio":"AA"}]}"#, false),
        (r#"{"input":{"pdf":"https://x"}}"#, false),
        (r#"{"image":"https://x"}"#, false),
        (
            r#"{"messages":[{"content":[{"input_audio":{"data":"https://x"}}]}]}"#,
            true,
        ),
        (
            r#"{"messages":[{"content":[{"input_audio":{"d\u0061ta":"h\u0074tps\u003A\/\/x"}}]}]}"#,
            true,
        ),
        (
            r#"{"messages":[{"content":[{"input_audio":{"url":"gs://x"}}]}]}"#,
            true,
        ),
        (
            r#"{"messages":[{"content":[{"input_audio":"https://x"}]}]}"#,
            true,
        ),
    ] {
        let found = found(body);
        assert!(found.referenced, "{body}");
        assert_eq!(found.audio, is_sound, "{body}");
    }
    for body in [
        r#"{"messages":[{"content":[{"input_audio":{"data":"AA","format":"wav"}}]}]}"#,
        r#"{"messages":[{"content":[{"input_audio":{"data":"DATA:;base64,AA"}}]}]}"#,
        r#"{"messages":[{"content":[{"input_audio":{"data":"AA"},"data":"https://x"}]}]}"#,
        r#"{"messages":[{"content":[{"input_audio":{"x":{"data":"https://x"}}}]}]}"#,
        r#"{"tools":[{"name":"f","parameters":{"properties":{"image":{"type":"string"},"video":{},"audio":{},"pdf":{},"url":{},"data":{"format":"https://x"}}}}]}"#,
        r#"{"messages":[{"content":[{"type":"tool_use","input":{"image":"https://x","url":"https://x"}}]}]}"#,
        r#"{"input":[{"text":"https://x"},{"image":null},"https://x"]}"#,
    ] {
        assert!(!found(body).referenced, "{body}");
    }
}

#[test]
fn retrieval_that_a_parameter_asks_for_is_noticed() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    for (member, told) in [
        (r#""enable_search":true"#, (any, any)),
        (
            r#""data_sources":[{"type":"azure_search","parameters":{}}]"#,
            (any, any),
        ),
        (r#""enable_code_interpreter":true"#, (any, none)),
        (
            r#""enable_search":false,"enable_code_interpreter":null"#,
            (none, none),
        ),
        (
            r#""data_sources":null,"enable_search": false"#,
            (none, none),
        ),
        (
            r#""x":{"enable_search":true,"data_sources":[{}]}"#,
            (none, none),
        ),
    ] {
        let body = format!("{{{member}}}");
        assert_eq!(runs(&body), told, "{body}");
        assert_eq!(found(&body).referenced, told != (none, none), "{body}");
    }
}

#[test]
fn what_may_be_sound_is_told_from_what_is_none() {
    for body in [
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"audio/mp3","data":"AA"}}]}]}"#,
        r#"{"contents":[{"parts":[{"inline_data":{"mime_type":"video/mp4"}}]}]}"#,
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"im\u0061ge/png"}}]}]}"#,
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","mimeType":"audio/mp3"}}]}]}"#,
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"audio/mp3","mimeType":"image/png"}}]}]}"#,
        r#"{"contents":[{"parts":[{"fileData":{"fileUri":"https://x"}}]}]}"#,
        r#"{"contents":[{"parts":[{"fileData":{"x":{"mimeType":"image/png"}}}]}]}"#,
        r#"{"contents":[{"parts":[{"fileData":{"mimeType":null}}]}]}"#,
        r#"{"cachedContent":"cachedContents/1"}"#,
        r#"{"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}"#,
        r#"{"previous_response_id":"resp_1"}"#,
        r#"{"input":[{"type":"item_reference","id":"msg_1"}]}"#,
        r#"{"prompt":{"id":"pmpt_1"}}"#,
        r#"{"messages":[{"content":[{"type":"file","file":{"file_id":"file_1"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"file","file":{"file_data":"AA"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"video_url","video_url":{"url":"https://x"}}]}]}"#,
    ] {
        let found = found(body);
        assert!(found.referenced && found.may_sound, "{body}");
    }
    for body in [
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA"}}]}]}"#,
        r#"{"contents":[{"parts":[{"file_data":{"file_uri":null,"mime_type":"Application/PDF"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"https://x"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"image","source":{"type":"url","url":"https://x"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,AA"}}]}]}"#,
        r#"{"tools":[{"googleSearch":{}}]}"#,
    ] {
        let found = found(body);
        assert!(found.referenced && !found.may_sound, "{body}");
    }
}
