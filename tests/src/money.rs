//! What a test looks at to see what was spent.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::system::{System, Token, text};

/// Credits in a text, as micro-credits.
pub fn micros(credits: &str) -> i64 {
    let (whole, fraction) = credits.split_once('.').unwrap_or((credits, ""));
    let negative = whole.starts_with('-');
    let whole: i64 = whole.parse().unwrap();
    let fraction: i64 = format!("{fraction:0<6}").parse().unwrap();
    whole * 1_000_000 + if negative { -fraction } else { fraction }
}

impl System {
    /// A figure of the gateway.
    pub async fn figure(&self, name: &str) -> i64 {
        let metrics = self.gateway.observe("/metrics").await;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        let prefix = format!("{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    }

    /// Waits until no call goes on and every receipt is in the store.
    pub async fn settled(&self) {
        let begun = Instant::now();
        while self.figure("tollgate_held_calls").await != 0
            || self.figure("tollgate_unsettled_receipts").await != 0
        {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "every call is settled"
            );
        }
    }

    /// What a token has spent once every call is settled, in micro-credits.
    pub async fn spent(&self, token: &Token) -> i64 {
        self.settled().await;
        micros(&text(&self.show(token), "/token/used"))
    }

    /// A token as the command line shows it.
    pub fn show(&self, token: &Token) -> Value {
        let shown = self.admin(&["token", "show", &token.id]);
        serde_json::json!({ "token": shown })
    }

    /// The receipts of a token, the newest first.
    pub async fn receipts(&self, token: &Token) -> Vec<Value> {
        self.settled().await;
        let list = self.admin(&["receipt", "list", "--token", &token.id, "--all"]);
        let receipts = list.pointer("/entries").and_then(Value::as_array);
        receipts.unwrap_or_else(|| panic!("{list}")).clone()
    }
}
