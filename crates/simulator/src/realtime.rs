//! `GET /v1/realtime`: a conversation over a WebSocket, in text and with sound that is only counted.
//! Every response reads all that was said before, and is counted so.

use std::collections::VecDeque;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::completion::Completion;
use crate::dialect::Dialect;
use crate::exchange::{App, door, refuse};
use crate::failure::Failure;
use crate::journal::{Open, Seen};
use crate::prompt::{Prompt, tokens_of_bytes};
use crate::script::Script;

/// Sound of 24,000 samples of 16 bits has so many bytes a second, and ten tokens.
const SOUND_BYTES_PER_SECOND: usize = 48_000;
const SOUND_TOKENS_PER_SECOND: usize = 10;

/// Only `realtime` is ever chosen of the protocols that a client offers.
pub(crate) async fn session(
    State(app): State<App>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let open = app.journal.open(Seen::new(&parts, Bytes::new()));
    open.answered();
    let number = open.number();
    let script = Script::read(&parts.headers);
    let admitted = script.and_then(|script| {
        door(&app, &parts.headers, &script)?;
        let model = model(parts.uri.query().unwrap_or_default())?;
        let upgrade = upgrade.map_err(|error| Failure::bad_request(error.body_text()))?;
        Ok((script, model, upgrade))
    });
    match admitted {
        Ok((script, model, upgrade)) => {
            let session = Session {
                id: format!("sess_sim{number:012}"),
                model,
                script,
                events: 0,
                text_bytes: 0,
                sound_bytes: 0,
                last_bytes: 0,
                outgoing: VecDeque::new(),
            };
            upgrade
                .protocols(["realtime"])
                .on_upgrade(move |socket| session.run(app, socket, open))
        }
        Err(failure) => {
            let id = format!("sim-{number:012}");
            refuse(&failure, Dialect::OpenAi, &id, &Script::default(), open)
        }
    }
}

/// True, or closed.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

fn model(query: &str) -> Result<String, Failure> {
    let named = query
        .split('&')
        .find_map(|part| part.strip_prefix("model="));
    match named.filter(|model| !model.is_empty()) {
        Some(model) => Ok(model.to_owned()),
        None => Err(Failure::bad_field("model", "is required")),
    }
}

struct Session {
    id: String,
    model: String,
    script: Script,
    /// Counts the events that were sent; ids are made of it.
    events: u64,
    /// All that was said by either side.
    text_bytes: usize,
    sound_bytes: usize,
    /// The text that was said last.
    last_bytes: usize,
    /// What is to be sent; pieces of an answer wait in between.
    outgoing: VecDeque<Value>,
}

impl Session {
    async fn run(mut self, app: App, mut socket: WebSocket, mut open: Open) {
        let session = json!({
            "type": "realtime", "object": "realtime.session", "id": self.id, "model": self.model,
            "output_modalities": ["text"],
        });
        self.say("session.created", json!({"session": session}));
        let mut stopping = app.stopping.clone();
        loop {
            if self.flush(&mut socket, &app).await.is_err() {
                return;
            }
            let received = tokio::select! {
                received = socket.recv() => received,
                () = stopped(&mut stopping) => {
                    let reason = Utf8Bytes::from_static("the simulator stops");
                    let close = CloseFrame { code: 1001, reason };
                    let _ = socket.send(Message::Close(Some(close))).await;
                    None
                }
            };
            match received {
                Some(Ok(Message::Text(text))) => self.hear(text.as_str()),
                Some(Ok(Message::Close(_))) | None => {
                    open.end();
                    return;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) => return,
            }
        }
    }

    /// An error where the client has left, or a script cuts the answer.
    async fn flush(&mut self, socket: &mut WebSocket, app: &App) -> Result<(), ()> {
        let between = self.script.between_chunks;
        let between = between.unwrap_or(app.pace.between_chunks);
        let mut deltas = 0;
        while let Some(event) = self.outgoing.pop_front() {
            let is_delta = event.get("delta").is_some();
            if is_delta && self.script.cut_after.is_some_and(|most| deltas >= most) {
                return Err(());
            }
            if is_delta && deltas > 0 && !between.is_zero() {
                tokio::time::sleep(between).await;
            }
            deltas += u64::from(is_delta);
            let text = Message::Text(event.to_string().into());
            socket.send(text).await.map_err(drop)?;
        }
        Ok(())
    }

    fn hear(&mut self, text: &str) {
        let Ok(event) = serde_json::from_str::<Value>(text) else {
            return self.refuse("the event is not valid JSON");
        };
        let kind = event.get("type").and_then(Value::as_str);
        match kind.unwrap_or_default() {
            "session.update" => {
                let session = event.get("session").cloned().unwrap_or_default();
                self.say("session.updated", json!({"session": session}));
            }
            "conversation.item.create" => {
                let item = event.get("item").cloned().unwrap_or_default();
                self.last_bytes = Prompt::measure(&json!([item]), None).bytes;
                self.text_bytes += self.last_bytes;
                self.say("conversation.item.added", json!({"item": item}));
            }
            "input_audio_buffer.append" => {
                let sound = event.get("audio").and_then(Value::as_str);
                // Four characters of base64 are three bytes.
                self.sound_bytes += sound.unwrap_or_default().len() / 4 * 3;
            }
            "input_audio_buffer.commit" => {
                self.say("input_audio_buffer.committed", json!({}));
            }
            "response.create" => self.respond(event.get("response")),
            _ => self.refuse("the simulator does not know this event"),
        }
    }

    fn respond(&mut self, asked: Option<&Value>) {
        let cap = asked.and_then(|asked| asked.get("max_output_tokens"));
        let cap = cap.and_then(Value::as_u64);
        let completion = Completion::write(self.last_bytes, cap, self.script.chunks);
        let id = format!("resp_sim{:012}", self.events);
        let response = |status: &str, usage: Value| {
            let response = json!({
                "object": "realtime.response", "id": id, "status": status, "usage": usage,
                "output_modalities": ["text"],
            });
            json!({"response": response})
        };
        self.say("response.created", response("in_progress", Value::Null));
        for delta in &completion.chunks {
            let delta = json!({"response_id": id, "output_index": 0, "delta": delta});
            self.say("response.output_text.delta", delta);
        }
        let text = completion.text();
        self.say(
            "response.output_text.done",
            json!({"response_id": id, "output_index": 0, "text": text}),
        );
        let usage = self.usage(completion.tokens);
        let status = match completion.is_cut {
            true => "incomplete",
            false => "completed",
        };
        self.say("response.done", response(status, usage));
        self.text_bytes += text.len();
    }

    fn usage(&self, output: u64) -> Value {
        let sound = self.sound_bytes * SOUND_TOKENS_PER_SECOND;
        let sound = u64::try_from(sound.div_ceil(SOUND_BYTES_PER_SECOND)).unwrap_or(u64::MAX);
        let text = tokens_of_bytes(self.text_bytes);
        json!({
            "total_tokens": text + sound + output,
            "input_tokens": text + sound,
            "output_tokens": output,
            "input_token_details": {
                "text_tokens": text, "audio_tokens": sound, "image_tokens": 0, "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": output, "audio_tokens": 0},
        })
    }

    fn refuse(&mut self, message: &str) {
        let error = json!({
            "type": "invalid_request_error", "code": "invalid_event", "message": message,
            "param": null, "event_id": null,
        });
        self.say("error", json!({"error": error}));
    }

    fn say(&mut self, kind: &str, mut event: Value) {
        self.events += 1;
        if let Some(fields) = event.as_object_mut() {
            fields.insert("type".to_owned(), json!(kind));
            let id = format!("event_sim{:012}", self.events);
            fields.insert("event_id".to_owned(), json!(id));
        }
        self.outgoing.push_back(event);
    }
}
