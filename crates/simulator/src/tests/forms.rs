//! Sound and images in multipart forms, and Azure's form of a path.

use serde_json::json;

use super::client::{Ask, ask, get, post};
use super::start;
use crate::Simulator;

/// A file of 2,500 bytes, and then the fields.
fn form(simulator: &Simulator, target: &'static str, fields: &[(&str, &str)]) -> Ask {
    let sound = "s".repeat(2_500);
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n{sound}\r\n"
    );
    for (name, value) in fields {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.push_str(&format!("{head}{value}\r\n"));
    }
    body.push_str("--x--\r\n");
    ask(simulator, "POST", target)
        .header("content-type", "multipart/form-data; boundary=x")
        .body(body)
}

#[tokio::test(start_paused = true)]
async fn sound_is_written_down_in_every_form() {
    let simulator = start().await;
    let target = "/v1/audio/transcriptions";
    let json = form(&simulator, target, &[("model", "gpt-4o-transcribe")]);
    let answer = json.header("x-sim-chunks", 2).send().await.json();
    assert_eq!(answer["text"], "Your last");
    assert_eq!(answer["usage"]["input_token_details"]["audio_tokens"], 30);
    assert_eq!(answer["usage"]["total_tokens"], 32);

    let whisper = form(&simulator, target, &[("model", "whisper-1")]);
    let answer = whisper.send().await.json();
    let seconds = json!({"type": "duration", "seconds": 3});
    assert_eq!(answer["usage"], seconds);
    for (response_format, part) in [
        ("text", "2500 bytes"),
        ("srt", "00:00:03,000"),
        ("vtt", "00:00:03.000"),
        ("verbose_json", "\"duration\":3"),
    ] {
        let fields = [("model", "any"), ("response_format", response_format)];
        let reply = form(&simulator, target, &fields).send().await;
        assert_eq!(reply.status, 200);
        assert!(reply.chunks.concat().contains(part), "{response_format}");
    }
    let fields = [("model", "any"), ("stream", "true")];
    let stream = form(&simulator, "/v1/audio/translations", &fields);
    let reply = stream.header("x-sim-chunks", 2).send().await;
    let end = reply.events().pop().unwrap().json();
    assert_eq!(end["type"], "transcript.text.done");
    assert_eq!(end["usage"]["output_tokens"], 2);
}

#[tokio::test(start_paused = true)]
async fn images_are_made_and_edited() {
    let simulator = start().await;
    let fields = [("model", "any"), ("prompt", "Hello!"), ("n", "2")];
    let answer = form(&simulator, "/v1/images/edits", &fields).send().await;
    let answer = answer.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    assert_eq!(answer["usage"]["input_tokens"], 102);
    assert_eq!(answer["usage"]["output_tokens"], 200);
    let named = json!([{"image_url": "https://a/b.png"}, {"file_id": "file-1"}]);
    let body = json!({"model": "any", "prompt": "Hello!", "images": named});
    let answer = post(&simulator, "/v1/images/edits", body).send().await;
    assert_eq!(answer.json()["usage"]["input_tokens"], 202);
    let body = json!({"model": "any", "prompt": "Hello!"});
    let answer = post(&simulator, "/v1/images/generations", body)
        .send()
        .await;
    assert_eq!(answer.json()["usage"]["total_tokens"], 102);
}

#[tokio::test(start_paused = true)]
async fn a_form_without_a_model_or_an_end_is_refused() {
    let simulator = start().await;
    let target = "/v1/audio/transcriptions";
    assert_eq!(form(&simulator, target, &[]).send().await.status, 400);
    let torn = ask(&simulator, "POST", target)
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na");
    assert_eq!(torn.send().await.status, 400);
    let bare = ask(&simulator, "POST", target).body("{}");
    assert_eq!(bare.send().await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn azure_names_the_model_in_the_path() {
    let simulator = start().await;
    let target = "/openai/deployments/mine/chat/completions?api-version=2024-10-21";
    let body = json!({"messages": [{"role": "user", "content": "Hello!"}]});
    let answer = post(&simulator, target, body).send().await.json();
    assert_eq!(answer["model"], "mine");
    let target = "/openai/deployments/whisper/audio/transcriptions?api-version=1";
    let answer = form(&simulator, target, &[]).send().await.json();
    assert_eq!(answer["usage"]["seconds"], 3);
}

#[tokio::test(start_paused = true)]
async fn stored_responses_are_read_and_deleted() {
    let simulator = start().await;
    let answer = get(&simulator, "/v1/responses/resp_sim1").send().await;
    assert_eq!(answer.json()["id"], "resp_sim1");
    let cancel = "/v1/responses/resp_sim1/cancel";
    let answer = post(&simulator, cancel, json!({})).send().await.json();
    assert_eq!(answer["status"], "cancelled");
    let answer = ask(&simulator, "DELETE", "/v1/responses/resp_sim1");
    assert_eq!(answer.send().await.json()["deleted"], true);
    let items = get(&simulator, "/v1/responses/resp_sim1/input_items");
    assert_eq!(items.send().await.json()["object"], "list");
    let other = get(&simulator, "/v1/responses/other").send().await;
    assert_eq!(other.status, 404);
    let body = json!({"model": "any", "input": "Hello!"});
    let answer = post(&simulator, "/v1/responses/input_tokens", body);
    assert_eq!(answer.send().await.json()["input_tokens"], 2);
}
