use serde_json::{Value, json};

use super::super::{Ended, Usage};
use super::*;
use crate::websocket::{FrameReader, Sender, text_frame};

fn done(status: &str, usage: &Value) -> String {
    let response = json!({
        "object": "realtime.response", "id": "resp_1", "status": status,
        "output": [{"type": "message", "content": [{"type": "audio", "transcript": "hi"}]}],
        "usage": usage,
    });
    json!({"type": "response.done", "event_id": "event_1", "response": response}).to_string()
}

/// What the messages say, cut into pieces of this many bytes.
fn heard(scanner: &mut ServerScanner, messages: &[String], size: usize) -> Vec<ServerEvent> {
    let frames: Vec<u8> = messages
        .iter()
        .flat_map(|text| text_frame(text, None))
        .collect();
    let mut reader = FrameReader::new(Sender::Server, 1 << 24);
    let mut events = Vec::new();
    for chunk in frames.chunks(size) {
        let tell = |piece: Piece<'_>| events.extend(scanner.push(piece));
        reader.push(chunk, tell).unwrap();
    }
    events
}

/// Its kind comes first, as it does from OpenAI.
fn delta(kind: &str, delta: &str) -> String {
    format!(r#"{{"type":"{kind}","event_id":"e","response_id":"r","delta":"{delta}"}}"#)
}

#[test]
fn each_response_is_counted_by_itself_without_overlap() {
    let usage = json!({
        "total_tokens": 300, "input_tokens": 200, "output_tokens": 100,
        "input_token_details": {
            "text_tokens": 120, "audio_tokens": 80, "image_tokens": 0, "cached_tokens": 60,
            "cached_tokens_details": {"text_tokens": 40, "audio_tokens": 20, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": 30, "audio_tokens": 70},
    });
    let expected = Usage {
        input: 80,
        cached_input: 60,
        input_audio: 60,
        output: 30,
        output_audio: 70,
        ..Usage::NONE
    };
    let begins = json!({"type": "response.created", "response": {"usage": null}}).to_string();
    let session = json!({"type": "session.created", "session": {"model": "m"}}).to_string();
    let messages = [
        session,
        begins,
        done("completed", &usage),
        done("incomplete", &usage),
    ];
    for size in [1, 7, 100_000] {
        let mut scanner = ServerScanner::new();
        let events = heard(&mut scanner, &messages, size);
        assert_eq!(events[0], ServerEvent::ResponseBegins(None));
        let ends = [Ended::Complete, Ended::Incomplete];
        for (event, ended) in events[1..].iter().zip(ends) {
            let ServerEvent::ResponseEnds(Some(_), metered) = event else {
                panic!("{event:?}");
            };
            assert_eq!((metered.usage, metered.ended), (Some(expected), ended));
        }
        assert_eq!(events.len(), 3);
    }
}

#[test]
fn what_is_generated_is_told_of_each_response_and_sound_apart_from_text() {
    let created = |id: &str| {
        let response = json!({"object": "realtime.response", "id": id, "status": "in_progress"});
        json!({"type": "response.created", "response": response}).to_string()
    };
    let of = |id: &str, event: String| event.replace(r#""response_id":"r""#, id);
    let messages = [
        created("resp_1"),
        created("resp_2"),
        of(
            r#""response_id":"resp_2""#,
            delta("response.output_text.delta", "12345678"),
        ),
        of(
            r#""response_id":"resp_1""#,
            delta("response.output_audio.delta", &"A".repeat(6_401)),
        ),
        r#"{"delta":"AA","type":"response.audio.delta"}"#.to_owned(),
        done("cancelled", &Value::Null),
    ];
    let [one, two] = ["resp_1", "resp_2"].map(|id| ResponseTag::of(id.as_bytes()));
    assert_ne!(one, two);
    let said = |text, sound| Said { text, sound };
    for size in [1, 7, 1_000] {
        let events = heard(&mut ServerScanner::new(), &messages, size);
        let [begun @ .., ServerEvent::ResponseEnds(about, metered)] = &events[..] else {
            panic!("{events:?}");
        };
        let expected = [
            ServerEvent::ResponseBegins(one),
            ServerEvent::ResponseBegins(two),
            ServerEvent::Generates(two, said(8, 0)),
            ServerEvent::Generates(one, said(0, 6_401)),
            ServerEvent::Generates(None, said(0, 2)),
        ];
        assert_eq!(begun, expected);
        assert_eq!(
            (*about, metered.usage, metered.ended),
            (one, None, Ended::Failed)
        );
    }
    let generated = said(9, 6_401).generated();
    let expected = Usage {
        output: 3,
        output_audio: 3,
        ..Usage::NONE
    };
    assert_eq!(generated, expected);
    assert_eq!(said(9, 6_401).as_text(), 9 + 3 * BYTES_PER_TOKEN);
}

#[test]
fn transcriptions_are_told_apart_and_absurd_counts_are_not_taken() {
    let kind = "conversation.item.input_audio_transcription.completed";
    let by_time = json!({"type": kind, "usage": {"type": "duration", "seconds": 1.5}});
    let by_token = json!({"type": kind, "usage": {"type": "tokens", "input_tokens": 9,
        "input_token_details": {"audio_tokens": 9}, "output_tokens": 4, "total_tokens": 13}});
    let messages = [by_time.to_string(), by_token.to_string()];
    let events = heard(&mut ServerScanner::new(), &messages, 13);
    let [
        ServerEvent::Transcribed(time),
        ServerEvent::Transcribed(tokens),
    ] = events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(time.usage.unwrap().audio_micros, 1_500_000);
    let usage = tokens.usage.unwrap();
    assert_eq!((usage.input_audio, usage.output), (9, 4));

    let absurd = done("completed", &json!({"input_tokens": -1}));
    let events = heard(&mut ServerScanner::new(), &[absurd], 9);
    let [ServerEvent::ResponseEnds(_, metered)] = events[..] else {
        panic!("{events:?}");
    };
    assert_eq!((metered.usage, metered.absurd), (None, true));
}

#[test]
fn a_client_is_heard_through_its_masks() {
    let messages = [
        r#"{"type":"session.update","session":{"type":"realtime"}}"#,
        r#"{"audio":"AAAA","type":"input_audio_buffer.append"}"#,
        r#"{"item":{"type":"response.create"},"type":"conversation.item.create"}"#,
        r#"{"response":{"type":"x"},"type":"response.create"}"#,
        r#"{"type":7}"#,
        r#"{"a":["type","response.create"]}"#,
        r#"{"type":"conversation.item.create","item":{"content":[{"audio":"AAAAAA"}]}}"#,
    ];
    let frames: Vec<u8> = messages
        .iter()
        .flat_map(|text| text_frame(text, Some([9, 8, 7, 6])))
        .collect();
    let mut reader = FrameReader::new(Sender::Client, 1 << 20);
    let (mut scanner, mut events) = (ClientScanner::new(), Vec::new());
    for chunk in frames.chunks(5) {
        let tell = |piece: Piece<'_>| events.extend(scanner.push(piece));
        reader.push(chunk, tell).unwrap();
    }
    let expected = [
        ClientEvent::SessionUpdate,
        ClientEvent::AudioAppend,
        ClientEvent::ItemCreate,
        ClientEvent::ResponseCreate,
        ClientEvent::Other,
        ClientEvent::Other,
        ClientEvent::ItemCreate,
    ];
    assert_eq!(events, expected);
    // Of the sound that is appended nothing else counts.
    let bytes: usize = messages.iter().map(|text| text.len()).sum();
    let text = bytes - messages[1].len() - 6;
    let said = Said {
        text: text as u64,
        sound: 4 + 6,
    };
    assert_eq!(scanner.said(), said);
    assert_eq!((said.read().input_audio, said.read().output_audio), (1, 0));
    assert_eq!(said.since(said), Said::NOTHING);
}

#[test]
fn sound_of_telephones_has_fewer_bytes_for_a_token() {
    let of_now = r#"{"session":{"audio":{"output":{"format":{"type":"audio/pcmu"}}}}}"#;
    let of_beta = r#"{"session":{"input_audio_format":"g711_alaw"}}"#;
    let other = r#"{"session":{"audio":{"output":{"format":{"type":"audio/pcm"}}}}}"#;
    let append = r#"{"type":"input_audio_buffer.append","audio":"AAAA"}"#;
    for (update, is_narrow) in [(of_now, true), (of_beta, true), (other, false)] {
        let mut scanner = ClientScanner::new();
        for message in [append, update, append] {
            for chunk in message.as_bytes().chunks(5) {
                scanner.push(Piece::Text(chunk));
            }
            scanner.push(Piece::TextEnd);
        }
        assert_eq!(scanner.is_narrow(), is_narrow, "{update}");
        let second = if is_narrow { 4 * 6 } else { 4 };
        let said = Said {
            text: update.len() as u64,
            sound: 4 + second,
        };
        assert_eq!(scanner.said(), said);
    }
}

#[test]
fn an_error_is_told_as_the_provider_tells_it() {
    let text = error_event("event_1", "insufficient_quota", "spent");
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["type"], "error");
    assert_eq!(event["error"]["code"], "insufficient_quota");
    assert_eq!(event["error"]["message"], "spent");
}
