//! Raising alerts on tokens that are about to expire.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;

use crate::port::{Expiring, NewAlert, Place, PortError, Subject};
use crate::run::{Task, days};

const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);
/// Tokens read at once.
const PAGE: u32 = 500;

/// What was raised already, so that the store is not asked to for each token at each look.
type Raised = HashSet<(TokenId, Timestamp)>;

/// Looks for tokens that expire soon, for ever.
pub(crate) async fn remind(task: &Task) {
    let Some(notice) = days(task.settings.expiry_notice_days) else {
        return;
    };
    let mut raised = Raised::new();
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (mut seen, now) = (Raised::new(), task.now());
        match look(task, now, now.plus(notice), &raised, &mut seen).await {
            // What is not in the window any more is forgotten.
            Ok(()) => raised = seen,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "tokens that expire are looked for later"
                );
                raised.extend(seen);
            }
        }
    }
}

async fn look(
    task: &Task,
    now: Timestamp,
    until: Timestamp,
    raised: &Raised,
    seen: &mut Raised,
) -> Result<(), PortError> {
    let mut after = Place {
        expires_at: now,
        token: None,
    };
    loop {
        let page = task.port.expiring(after, until, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Place {
            expires_at: last.expires_at,
            token: Some(last.token),
        };
        for token in page {
            let which = (token.token, token.expires_at);
            if !raised.contains(&which) {
                task.port.raise(alert(token), now).await?;
            }
            seen.insert(which);
        }
    }
}

/// An expiry that was moved is told of again.
fn alert(token: Expiring) -> NewAlert {
    let expires_at = token.expires_at.to_string();
    NewAlert {
        key: format!("expires:{}:{expires_at}", token.token),
        kind: "token_expires".to_owned(),
        subject: Subject::Token(token.token),
        body: json!({
            "name": token.name,
            "account": token.account,
            "expires_at": expires_at,
        }),
    }
}

#[cfg(test)]
mod tests;
