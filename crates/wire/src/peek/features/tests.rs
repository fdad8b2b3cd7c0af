use super::super::walk::walk;
use super::*;

mod addresses;

fn found(body: &str) -> Features {
    let valid = serde_json::from_str::<serde_json::Value>(body);
    assert!(valid.is_ok(), "{body}");
    walk(body, &[]).unwrap().1
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
fn documents_and_what_they_are_ranked_by_are_counted() {
    for (body, documents, query) in [
        (
            r#"{"query":"four","documents":["a","b",{"text":"c","id":"7"}]}"#,
            3,
            6,
        ),
        (
            r#"{"Texts":[["a"]],"passages":[{"text":"a","x":{}}],"Qu\u0065ry":"\u0061"}"#,
            2,
            8,
        ),
        (
            r#"{"documents":["a"],"documents":["b"],"query":"a","query":"b"}"#,
            2,
            6,
        ),
        (
            r#"{"query":{"text":"four","x":["a"]},"y":["b"],"documents":[]}"#,
            0,
            9,
        ),
        (
            r#"{"x":{"query":"four","documents":["a"]},"documents":"a"}"#,
            0,
            0,
        ),
    ] {
        let found = found(body);
        assert_eq!((found.prompts, found.query), (documents, query), "{body}");
        assert!(!found.referenced && !found.audio, "{body}");
    }
    for body in [
        r#"{"documents":[{"image":"https://x"}]}"#,
        r#"{"query":{"image":"AA"}}"#,
    ] {
        assert!(found(body).referenced, "{body}");
    }
}

#[test]
fn prompts_that_are_read_apart_are_counted() {
    for (body, prompts) in [
        (r#"{"input":"a"}"#, 0),
        (r#"{"input":["a","b"]}"#, 2),
        (r#"{"input":[1,2,3]}"#, 0),
        (r#"{"input":[[1,2],[3]]}"#, 2),
        (
            r#"{"input":[{"text":"a","x":["b"]},{"image":"https://x"}]}"#,
            2,
        ),
        (
            r#"{"requests":[{"content":{"parts":[{"text":"a"}]}},{}]}"#,
            2,
        ),
        (r#"{"x":{"input":["a"],"requests":[{}]},"requests":{}}"#, 0),
    ] {
        assert_eq!(found(body).prompts, prompts, "{body}");
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
fn items_of_the_input_have_tools_as_the_body_has() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    for (item, tools, referenced, told) in [
        (
            r#"{"type":"additional_tools","role":"developer","tools":[{"type":"web_search"},{"type":"mcp","server_url":"https://x"}]}"#,
            true,
            true,
            (any, any),
        ),
        (
            r#"{"tools":[{"type":"mcp"}],"type":"additional_tools"}"#,
            true,
            true,
            (any, none),
        ),
        (
            r#"{"type":"tool_search_output","T\u006fols":{"type":"web_search"}}"#,
            true,
            true,
            (any, any),
        ),
        (
            r#"{"type":"additional_tools","tools":[{"type":"function","name":"f"}]}"#,
            true,
            false,
            (none, none),
        ),
        (
            r#"{"type":"mcp_list_tools","id":"mcpl_1","tools":[{"name":"f","input_schema":{"type":"object"}}]}"#,
            true,
            false,
            (none, none),
        ),
        (
            r#"{"type":"additional_tools","tools":[]}"#,
            false,
            false,
            (none, none),
        ),
        (
            r#"{"role":"user","content":[{"type":"input_text","tools":[{"type":"web_search"}]}]}"#,
            false,
            false,
            (none, none),
        ),
    ] {
        let body = format!(r#"{{"input":[{{"role":"user","content":"x"}},{item}]}}"#);
        let found = found(&body);
        let seen = (found.tools, found.referenced);
        assert_eq!(seen, (tools, referenced), "{body}");
        assert_eq!(runs(&body), told, "{body}");
    }
    let deeper = r#"{"x":{"input":[{"tools":[{"type":"web_search"}]}]}}"#;
    assert_eq!(found(deeper), Features::default());
}

#[test]
fn a_wish_for_a_shorter_conversation_is_noticed() {
    let edits = |kind: &str| {
        let edits = format!(r#"{{"edits":[{{"type":"{kind}","trigger":null}}]}}"#);
        found(&format!(r#"{{"context_management":{edits}}}"#)).compacts
    };
    assert!(edits("compact_20260112") && edits("\\u0063ompact_20260112"));
    assert!(!edits("clear_tool_uses_20250919"));
    assert!(!found(r#"{"messages":[{"content":"compact_20260112"}]}"#).compacts);
    for (body, compacts) in [
        (
            r#"{"context_management":[{"type":"compaction","compact_threshold":80000}]}"#,
            true,
        ),
        (
            r#"{"context_management":[{"x":[],"type":"clear"},{"a":{},"type":"compaction"}]}"#,
            true,
        ),
        (r#"{"context_management":{"type":"compaction"}}"#, true),
        (
            r#"{"context_m\u0061nagement":[{"type":"compactio\u006e"}]}"#,
            true,
        ),
        (
            r#"{"context_management":[],"input":[{"type":"compaction","encrypted_content":"x"}]}"#,
            false,
        ),
        (
            r#"{"input":[{"context_management":[{"type":"compaction"}],"role":"user"}]}"#,
            false,
        ),
        (
            r#"{"context_management":null,"tool_choice":{"type":"compaction"}}"#,
            false,
        ),
    ] {
        assert_eq!(found(body).compacts, compacts, "{body}");
    }
}

/// How often the provider may run tools, and search.
fn runs(body: &str) -> (Uses, Uses) {
    let found = found(body);
    (found.provider_runs, found.provider_searches)
}

#[test]
fn tools_that_the_provider_runs_are_told_from_those_of_the_client() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    for (tool, told) in [
        (r#"{"type":"function","name":"web_search"}"#, (none, none)),
        (r#"{"type":"custom","name":"x"}"#, (none, none)),
        (
            r#"{"name":"x","input_schema":{"type":"object"}}"#,
            (none, none),
        ),
        (r#"{"type":"bash_20250124","name":"bash"}"#, (none, none)),
        (r#"{"type":"text_editor_20250728"}"#, (none, none)),
        (r#"{"type":"computer_20251124"}"#, (none, none)),
        (r#"{"type":"memory_20250818"}"#, (none, none)),
        (r#"{"type":"computer_use_preview"}"#, (none, none)),
        (r#"{"type":"local_shell"}"#, (none, none)),
        (r#"{"type":"apply_patch"}"#, (none, none)),
        (r#"{"type":"code_interpreter"}"#, (any, none)),
        (r#"{"type":"code_execution_20250825"}"#, (any, none)),
        (r#"{"type":"web_fetch_20250910"}"#, (any, none)),
        (r#"{"type":"mcp","server_url":"https://x"}"#, (any, none)),
        (r#"{"type":"tool_search_tool_regex_20251119"}"#, (any, none)),
        (r#"{"type":"web_search"}"#, (any, any)),
        (r#"{"type":"web_search_preview_2025_03_11"}"#, (any, any)),
        (
            r#"{"type":"web_search_20250305","name":"web_search"}"#,
            (any, any),
        ),
        (
            r#"{"type":"file_search","vector_store_ids":[]}"#,
            (any, any),
        ),
        (r#"{"type":"bash_of_the_future"}"#, (any, any)),
        (r#"{"type":"web_s\u0065arch"}"#, (any, any)),
        (r#"{"Type":"web_search"}"#, (any, any)),
        (r#"{"type":"web_search","type":"function"}"#, (any, any)),
        (r#"{"googleSearch":{}}"#, (any, any)),
        (r#"{"google_search":{}}"#, (any, any)),
        (
            r#"{"functionDeclarations":[{"name":"googleSearch"}]}"#,
            (none, none),
        ),
        (r#"{"function_declarations":[]}"#, (none, none)),
        (r#"{"retrieval":{"vertexRagStore":{}}}"#, (any, any)),
        (
            r#"{"functionDeclarations":[],"ofTheFuture":{}}"#,
            (any, any),
        ),
    ] {
        let body = format!(r#"{{"tools":[{{"type":"function"}},{tool}]}}"#);
        assert_eq!(runs(&body), told, "{body}");
        let body = format!(r#"{{"tools":{tool}}}"#);
        assert_eq!(runs(&body), told, "{body}");
    }
}

#[test]
fn tools_within_a_tool_are_judged_by_themselves() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    let namespace = |inner: &str| {
        let first = format!(r#"{{"type":"namespace","name":"x","tools":[{inner}]}}"#);
        let last = format!(r#"{{"tools":[{inner}],"description":"","type":"namespace"}}"#);
        [first, last]
    };
    for (inner, referenced, told) in [
        (r#"{"type":"function","name":"f"}"#, false, (none, none)),
        (
            r#"{"type":"function","parameters":{"tools":[{"type":"mcp"}]}}"#,
            false,
            (none, none),
        ),
        ("", false, (none, none)),
        (
            r#"{"type":"namespace","tools":[{"type":"custom"}],"name":"y"}"#,
            false,
            (none, none),
        ),
        (r#"{"type":"custom"},{"type":"mcp"}"#, true, (any, none)),
        (r#"{"googleSearch":{}}"#, true, (any, any)),
        (
            r#"{"type":"namespace","tools":[{"tools":[{"type":"web_search"}],"name":"z"}]}"#,
            true,
            (any, any),
        ),
        (
            r#"{"type":"web_search_20250305","max_uses":2,"tools":[{"type":"web_fetch_20250910","max_uses":3}]}"#,
            true,
            (Uses::AtMost(5), Uses::AtMost(2)),
        ),
        (
            r#"{"tools":[{"type":"function","max_uses":9}],"max_uses":2,"type":"web_search_20250305"}"#,
            true,
            (Uses::AtMost(2), Uses::AtMost(2)),
        ),
    ] {
        for tool in namespace(inner) {
            let body = format!(r#"{{"tools":[{tool},{{"type":"function"}}]}}"#);
            assert_eq!(runs(&body), told, "{body}");
            assert_eq!(found(&body).referenced, referenced, "{body}");
            let body = format!(r#"{{"input":[{{"type":"additional_tools","tools":[{tool}]}}]}}"#);
            assert_eq!(runs(&body), told, "{body}");
        }
    }
    let advised = r#"{"tools":[{"type":"namespace","tools":[{"type":"advisor_1"}]}]}"#;
    assert!(found(advised).advised);
}

#[test]
fn tools_that_stand_too_deep_in_others_may_be_any() {
    let nested = |levels: usize| {
        let open = r#"{"type":"namespace","tools":["#.repeat(levels);
        let body = format!(r#"{{"tools":[{open}{}]}}"#, "]}".repeat(levels));
        (runs(&body), found(&body).referenced)
    };
    assert_eq!(nested(4), ((Uses::None, Uses::None), false));
    for levels in [5, 6, 40] {
        let any = (Uses::Unbounded, Uses::Unbounded);
        assert_eq!(nested(levels), (any, true), "{levels}");
    }
}

#[test]
fn a_search_for_tools_is_of_the_client_where_it_says_so_alone() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    for (tool, told) in [
        (r#""type":"tool_search","execution":"client""#, none),
        (
            r#""execution" : "client" ,"parameters":{},"type":"tool_search""#,
            none,
        ),
        (r#""type":"tool_search""#, any),
        (r#""type":"tool_search","execution":"server""#, any),
        (r#""type":"tool_search","execution":null"#, any),
        (r#""type":"tool_search","execution":"clients""#, any),
        (r#""type":"tool_search","execution":["client"]"#, any),
        (r#""type":"tool_search","execution":"cl\u0069ent""#, any),
        (r#""type":"tool_search","Execution":"client""#, any),
        (r#""type":"tool_search","executi\u006fn":"client""#, any),
        (r#""type":"tool_search","x":{"execution":"client"}"#, any),
        (
            r#""type":"tool_search","execution":"client","execution":"server""#,
            any,
        ),
        (
            r#""execution":"server","execution":"client","type":"tool_search""#,
            any,
        ),
        (r#""type":"mcp","execution":"client""#, any),
        (
            r#""type":"tool_search","execution":"client","type":"mcp""#,
            any,
        ),
    ] {
        let body = format!(r#"{{"tools":[{{{tool}}}]}}"#);
        assert_eq!(runs(&body), (told, none), "{body}");
        assert_eq!(found(&body).referenced, told == any, "{body}");
    }
    let search = r#"{"tools":[{"type":"tool_s\u0065arch","execution":"client"}]}"#;
    assert_eq!(runs(search), (any, any));
}

#[test]
fn how_often_a_provider_may_run_a_tool_is_what_the_tool_says() {
    let search = |more: &str| format!(r#"{{"type":"web_search_20250305"{more}}}"#);
    for (tools, uses, searches) in [
        (search(r#","max_uses":3"#), Uses::AtMost(3), Uses::AtMost(3)),
        (
            r#"{ "max_uses" : 3 , "type":"web_search_20250305" }"#.to_owned(),
            Uses::AtMost(3),
            Uses::AtMost(3),
        ),
        (
            [search(r#","max_uses":3"#), search(r#","max_uses":4"#)].join(","),
            Uses::AtMost(7),
            Uses::AtMost(7),
        ),
        (
            search(r#","max_uses":3"#) + r#",{"type":"web_fetch_20250910","max_uses":2}"#,
            Uses::AtMost(5),
            Uses::AtMost(3),
        ),
        (
            search(r#","max_uses":3"#) + r#",{"type":"code_execution_20250825"}"#,
            Uses::Unbounded,
            Uses::AtMost(3),
        ),
        (
            search("") + r#",{"type":"web_fetch_20250910","max_uses":2}"#,
            Uses::Unbounded,
            Uses::Unbounded,
        ),
        (
            r#"{"type":"web_search_20260209","max_uses":3}"#.to_owned(),
            Uses::Unbounded,
            Uses::AtMost(3),
        ),
        (
            r#"{"type":"web_search_202602\u00309","max_uses":3}"#.to_owned(),
            Uses::Unbounded,
            Uses::AtMost(3),
        ),
        (
            r#"{"max_uses":2,"type":"web_fetch_20260318"}"#.to_owned(),
            Uses::Unbounded,
            Uses::None,
        ),
        (
            r#"{"type":"web_search_20260208","max_uses":3}"#.to_owned(),
            Uses::AtMost(3),
            Uses::AtMost(3),
        ),
        (
            search(r#","max_uses":3,"max_uses":9"#),
            Uses::AtMost(9),
            Uses::AtMost(9),
        ),
        (
            r#"{"type":"function","max_uses":3}"#.to_owned(),
            Uses::None,
            Uses::None,
        ),
    ] {
        let body = format!(r#"{{"tools":[{tools}]}}"#);
        assert_eq!(runs(&body), (uses, searches), "{body}");
    }
}

#[test]
fn a_cap_that_somebody_may_read_otherwise_is_none() {
    for cap in [
        r#""max_uses":null"#,
        r#""max_uses":0"#,
        r#""max_uses":-1"#,
        r#""max_uses":2.0"#,
        r#""max_uses":2e9"#,
        r#""max_uses":"2""#,
        r#""max_uses":99999999999999999999999"#,
        r#""Max_Uses":2"#,
        r#""max\u005fuses":2"#,
        r#""max_uses":2,"MAX_USES":9"#,
        r#""user_location":{"max_uses":2}"#,
    ] {
        let body = format!(r#"{{"tools":[{{"type":"web_search_20250305",{cap}}}]}}"#);
        assert_eq!(runs(&body), (Uses::Unbounded, Uses::Unbounded), "{body}");
    }
}

#[test]
fn what_lets_the_provider_run_tools_without_naming_one_is_noticed() {
    let (none, any) = (Uses::None, Uses::Unbounded);
    for (body, told) in [
        (
            r#"{"web_search_options":{"search_context_size":"low"}}"#,
            (any, any),
        ),
        (r#"{"web_search_options":null}"#, (none, none)),
        (r#"{"plugins":[{"id":"web"}]}"#, (any, any)),
        (r#"{"plugins":[]}"#, (none, none)),
        (r#"{"search_parameters":{"mode":"auto"}}"#, (any, any)),
        (r#"{"prompt":{"id":"pmpt_1"}}"#, (any, any)),
        (r#"{"prompt":"text"}"#, (none, none)),
        (r#"{"mcp_servers":[{"url":"https://x"}]}"#, (any, none)),
        (r#"{"mcp_servers":[]}"#, (none, none)),
        (
            r#"{"metadata":{"web_search_options":{},"googleSearch":{}}}"#,
            (none, none),
        ),
    ] {
        assert_eq!(runs(body), told, "{body}");
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
    let read = |inner| walk(&format!(r#"{{"x":{inner}}}"#), &[]).is_some();
    assert!(read(nested(MOST - 1)));
    assert!(!read(nested(MOST)));
    let wide = format!("[{},[]]", nested(MOST - 2));
    assert!(read(wide));
}

#[test]
fn a_tool_that_asks_another_model_is_told() {
    for (tool, advised) in [
        (
            r#"{"type":"advisor_20260301","name":"a","model":"dear"}"#,
            true,
        ),
        (r#"{"type":"\u0061dvisor_20260301","model":"dear"}"#, true),
        (r#"{"type":"custom","name":"advisor_1"}"#, false),
        (
            r#"{"type":"custom","input_schema":{"type":"advisor_1"}}"#,
            false,
        ),
    ] {
        let body = format!(r#"{{"model":"m","tools":[{tool}]}}"#);
        let features = found(&body);
        assert_eq!(features.advised, advised, "{tool}");
    }
}
