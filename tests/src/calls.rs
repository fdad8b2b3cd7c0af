//! What the gateway logged of the calls that it was sent, so that a test can count them.

use serde_json::Value;

use crate::System;

/// Where nothing is: a call to it marks a place in the log.
const MARK: &str = "/mark";

impl System {
    /// Every call so far, in the order in which they ended.
    pub async fn calls(&mut self) -> Vec<Value> {
        let marked = self.send(&format!("GET {MARK}"), &[], "").await;
        let id = marked.head.header("x-request-id").unwrap().to_owned();
        self.gateway
            .logged_where(|line| line["request_id"] == id.as_str() && is_end(line))
            .await;
        let lines = self.gateway.log_lines().into_iter();
        lines
            .filter(|line| is_end(line) && line["path"] != MARK)
            .collect()
    }

    /// How many calls of this path so far.
    pub async fn calls_of(&mut self, path: &str) -> usize {
        let calls = self.calls().await;
        calls.iter().filter(|call| call["path"] == path).count()
    }
}

/// Whether the line is the one that each call leaves at its end.
fn is_end(line: &Value) -> bool {
    ["relayed", "refused", "answered"]
        .iter()
        .any(|&message| line["message"] == message)
}
