//! What the simulator saw: the last requests in full, and counts of all of them.
//! It must not know what any request means.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::request::Parts;
use bytes::Bytes;
use tokio::sync::watch;

/// The most requests that are kept.
const KEPT_REQUESTS: usize = 1_000;
/// The most body bytes that are kept, over all requests; the newest one is kept whatever its size.
const KEPT_BODY_BYTES: usize = 64 * 1024 * 1024;
/// Headers whose value [`Seen`]'s `Debug` hides.
const CREDENTIAL_HEADERS: [&str; 6] = [
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
    "sec-websocket-protocol",
];

/// One request as it arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// The method, in capitals.
    pub method: String,
    /// The request target, with `?` and the query if there was one.
    pub path_and_query: String,
    /// Names in lower case; repeated names are repeated here.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

/// Counts since the simulator started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that arrived, those whose body broke off included.
    pub received: u64,
    /// Requests whose answer began, refusals included.
    pub answered: u64,
    /// Requests whose client left before the answer had ended.
    pub abandoned: u64,
}

/// Shared by all connections of one simulator.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    kept: Arc<Mutex<Kept>>,
    tally: watch::Sender<Tally>,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Seen>,
    body_bytes: usize,
}

/// A request that is being answered. Dropped before [`Open::end`], it counts as abandoned.
pub(crate) struct Open {
    tally: watch::Sender<Tally>,
    number: u64,
    ended: bool,
}

impl Seen {
    pub(crate) fn new(parts: &Parts, body: Bytes) -> Self {
        let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Self {
            method: parts.method.to_string(),
            path_and_query: target.to_owned(),
            headers: headers.collect(),
            body,
        }
    }

    /// The first value of a header; `name` in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Never shows a credential.
impl fmt::Debug for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            |(name, value): &(String, String)| match CREDENTIAL_HEADERS.contains(&name.as_str()) {
                true => (name.clone(), "(hidden)".to_owned()),
                false => (name.clone(), value.clone()),
            };
        out.debug_struct("Seen")
            .field("method", &self.method)
            .field("path_and_query", &self.path_and_query)
            .field(
                "headers",
                &self.headers.iter().map(shown).collect::<Vec<_>>(),
            )
            .field("body", &self.body)
            .finish()
    }
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self {
            kept: Arc::default(),
            tally: watch::Sender::new(Tally::default()),
        }
    }

    /// Keeps the request and counts it.
    pub(crate) fn open(&self, seen: Seen) -> Open {
        self.lock().push(seen);
        let mut number = 0;
        self.tally.send_modify(|tally| {
            tally.received += 1;
            number = tally.received;
        });
        Open {
            tally: self.tally.clone(),
            number,
            ended: false,
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Tally> {
        self.tally.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn push(&mut self, seen: Seen) {
        self.body_bytes += seen.body.len();
        self.requests.push_back(seen);
        while self.requests.len() > KEPT_REQUESTS
            || (self.body_bytes > KEPT_BODY_BYTES && self.requests.len() > 1)
        {
            let gone = self.requests.pop_front();
            self.body_bytes -= gone.map_or(0, |seen| seen.body.len());
        }
    }
}

impl Open {
    /// Counts from 1: the order of arrival.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The head of the answer is on its way.
    pub(crate) fn answered(&self) {
        self.tally.send_modify(|tally| tally.answered += 1);
    }

    /// Nothing more will be said, by our own decision.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.ended {
            self.tally.send_modify(|tally| tally.abandoned += 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(body: Bytes) -> Seen {
        Seen {
            method: "POST".to_owned(),
            path_and_query: "/".to_owned(),
            headers: vec![("authorization".to_owned(), "Bearer hush".to_owned())],
            body,
        }
    }

    #[test]
    fn only_the_last_thousand_requests_are_kept() {
        let journal = Journal::new();
        for number in 0..1_005 {
            journal.open(seen(Bytes::from(number.to_string())));
        }
        let kept = journal.seen();
        assert_eq!(kept.len(), 1_000);
        assert_eq!(kept[0].body, "5");
        assert_eq!(journal.tally().received, 1_005);
    }

    #[test]
    fn large_bodies_push_older_ones_out_but_never_the_newest() {
        let journal = Journal::new();
        journal.open(seen(Bytes::from_static(b"old")));
        journal.open(seen(Bytes::from(vec![0; KEPT_BODY_BYTES + 1])));
        assert_eq!(journal.seen().len(), 1);
        journal.open(seen(Bytes::from_static(b"new")));
        assert_eq!(journal.seen(), [seen(Bytes::from_static(b"new"))]);
    }

    #[test]
    fn a_request_dropped_before_its_end_counts_as_abandoned() {
        let journal = Journal::new();
        journal.open(seen(Bytes::new())).end();
        assert_eq!(journal.tally().abandoned, 0);
        drop(journal.open(seen(Bytes::new())));
        assert_eq!(journal.tally().abandoned, 1);
    }

    #[test]
    fn debug_output_hides_the_credential() {
        assert!(!format!("{:?}", seen(Bytes::new())).contains("hush"));
    }
}
