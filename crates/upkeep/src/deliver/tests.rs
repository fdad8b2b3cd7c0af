use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use sha2::{Digest, Sha256};
use tollgate_testkit::logs::Logs;

use super::*;
use crate::fixture::{
    DAY, Kept, Receiver, Running, SECRET, Seen, alert, delivering, nothing, pass, reserve, start,
    with_alerts,
};

fn answer(status: u16) -> Response<Full<Bytes>> {
    let builder = Response::builder().status(status);
    builder.body(Full::new(Bytes::new())).unwrap()
}

/// The first alert fails with a status, and those behind it are taken.
fn fails_first(status: u16) -> impl Fn(usize) -> Response<Full<Bytes>> {
    move |before| answer(if before == 0 { status } else { 204 })
}

/// HMAC-SHA256 as RFC 2104 spells it out, for keys of at most a block.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(to, from)| *to ^= from);
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize();
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a receiver does that trusts nobody.
fn verify(seen: &Seen, now: Timestamp) -> serde_json::Value {
    let header = seen.headers["tollgate-signature"].to_str().unwrap();
    let (moment, code) = header.split_once(",v1=").unwrap();
    let moment = moment.strip_prefix("t=").unwrap();
    assert_eq!(Timestamp::from_seconds(moment.parse().unwrap()), now);
    let signed = [moment.as_bytes(), b".", &seen.body].concat();
    assert_eq!(code, hmac(SECRET.as_bytes(), &signed));
    serde_json::from_slice(&seen.body).unwrap()
}

fn is_delivered(id: i64) -> impl Fn(&Kept) -> bool {
    move |kept| kept.delivered.iter().any(|(one, _)| *one == id)
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_sent_signed_with_all_that_it_tells() {
    let receiver = Receiver::start(|_| answer(200)).await;
    let upkeep = Running::start(with_alerts(vec![alert(41)]), delivering(&receiver.url()));
    let kept = upkeep.store.until(is_delivered(41)).await;
    assert_eq!(kept.delivered, [(41, start())]);
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].headers["content-type"], "application/json");
    assert_eq!(seen[0].headers["tollgate-id"], "41");
    let expected = serde_json::json!({
        "id": 41,
        "kind": "quota_80",
        "at": "2027-01-31T12:00:00Z",
        "subject": { "kind": "token", "id": "tok_0000000000007" },
        "key": "quota:token:tok_0000000000007:41",
        "limit": 100,
        "used": 81,
    });
    assert_eq!(verify(&seen[0], start()), expected);
    let stats = &upkeep.handles.stats;
    assert_eq!(
        (stats.delivered(), stats.failed(), stats.waiting()),
        (1, 0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn what_every_alert_has_is_not_replaced_by_what_one_tells() {
    let receiver = Receiver::start(|_| answer(200)).await;
    let mut forged = alert(1);
    forged.alert.body = serde_json::json!({ "id": 2, "kind": "other", "more": true });
    let upkeep = Running::start(with_alerts(vec![forged]), delivering(&receiver.url()));
    upkeep.store.until(is_delivered(1)).await;
    let body = verify(&receiver.seen()[0], start());
    assert_eq!(body["id"], 1);
    assert_eq!(body["kind"], "quota_80");
    assert_eq!(body["more"], true);
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_sent_again_ten_seconds_after_a_500() {
    let receiver = Receiver::start(fails_first(500)).await;
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&receiver.url()));
    let kept = upkeep
        .store
        .until(|kept| kept.alerts[0].attempts == 1)
        .await;
    let again = start().plus(Duration::from_secs(10));
    assert_eq!(kept.alerts[0].next_at, again);
    let stats = &upkeep.handles.stats;
    assert_eq!(
        (stats.delivered(), stats.failed(), stats.waiting()),
        (0, 1, 1)
    );
    pass(Duration::from_secs(8)).await;
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!(upkeep.store.kept().alerts[0].next_at, again);
    pass(Duration::from_secs(2)).await;
    let kept = upkeep.store.until(is_delivered(1)).await;
    assert_eq!(kept.delivered, [(1, again)]);
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    // The same alert with a signature of its own moment.
    assert_eq!(verify(&seen[0], start()), verify(&seen[1], again));
    assert_eq!(
        (stats.delivered(), stats.failed(), stats.waiting()),
        (1, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_sent_again_after_a_refused_connection() {
    let (socket, address) = reserve();
    let _still = crate::fixture::hold_time();
    let url = format!("http://{address}/hook/path-secret");
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&url));
    upkeep
        .store
        .until(|kept| kept.alerts[0].attempts == 1)
        .await;
    let receiver = Receiver::on(socket.listen(16).unwrap(), |_| answer(200));
    pass(Duration::from_secs(10)).await;
    upkeep.store.until(is_delivered(1)).await;
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(|_| answer(200)).await;
    let target = elsewhere.url();
    for status in [301, 302, 303, 307, 308] {
        let target = target.clone();
        let receiver = Receiver::start(move |_| {
            let mut answer = answer(status);
            let target = target.parse().unwrap();
            answer.headers_mut().insert("location", target);
            answer
        })
        .await;
        let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&receiver.url()));
        let kept = upkeep
            .store
            .until(|kept| kept.alerts[0].attempts == 1)
            .await;
        assert!(kept.delivered.is_empty());
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_says_nothing_has_failed_after_ten_seconds() {
    let (socket, address) = reserve();
    // Connections are made, and nobody takes them.
    let _silent = socket.listen(16).unwrap();
    let still = crate::fixture::hold_time();
    let url = format!("http://{address}/hook");
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&url));
    upkeep
        .store
        .until(|kept| kept.alerts[0].next_at == start().plus(CLAIM))
        .await;
    pass(Duration::from_secs(9)).await;
    assert_eq!(upkeep.store.kept().alerts[0].attempts, 0);
    pass(Duration::from_secs(1)).await;
    let kept = upkeep
        .store
        .until(|kept| kept.alerts[0].attempts == 1)
        .await;
    assert_eq!(
        kept.alerts[0].next_at,
        start().plus(Duration::from_secs(20))
    );
    drop(still);
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_nobody_takes_is_given_up_after_three_days() {
    let (_socket, address) = reserve();
    let still = crate::fixture::hold_time();
    let url = format!("http://{address}/hook");
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&url));
    let mut now = start();
    let mut waits = Vec::new();
    for attempts in 1.. {
        let kept = upkeep
            .store
            .until(|kept| kept.alerts[0].attempts == attempts)
            .await;
        let next = kept.alerts[0].next_at;
        if next == NEVER {
            break;
        }
        waits.push(next.since(now).as_secs());
        pass(next.since(now)).await;
        now = next;
    }
    assert_eq!(waits[..6], [10, 60, 300, 1800, 3600, 3600]);
    let age = now.since(start());
    assert!(age <= DAY * 3 && age > DAY * 3 - LAST_WAIT, "{age:?}");
    assert_eq!(waits.len(), 4 + 71);
    let stats = &upkeep.handles.stats;
    assert_eq!((stats.failed(), stats.given_up()), (76, 1));
    // Nobody works with sockets any more: time may go on by itself.
    drop(still);
    let looks = upkeep.store.kept().looks;
    let kept = upkeep.store.until(|kept| kept.looks > looks + 5000).await;
    assert_eq!(kept.alerts[0].attempts, 76);
    assert!(kept.delivered.is_empty());
    assert_eq!(stats.waiting(), 0);
}

#[test]
fn a_receiver_can_ask_for_more_time_and_not_for_less() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let wait = |attempts, asked| {
        let alert = Alert {
            attempts,
            ..alert(1)
        };
        next(&alert, start(), asked).unwrap().since(start())
    };
    assert_eq!(wait(0, Some(minutes(2))), minutes(2));
    assert_eq!(wait(0, Some(Duration::ZERO)), Duration::from_secs(10));
    assert_eq!(wait(3, Some(minutes(2))), minutes(30));
    assert_eq!(wait(0, Some(Duration::MAX)), LONGEST_WAIT);
    assert_eq!(wait(u32::MAX, None), LAST_WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_receiver_asks_for_is_kept() {
    let receiver = Receiver::start(|_| {
        let mut answer = answer(429);
        let wait = http::HeaderValue::from_static("120");
        answer.headers_mut().insert("retry-after", wait);
        answer
    })
    .await;
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&receiver.url()));
    let kept = upkeep
        .store
        .until(|kept| kept.alerts[0].attempts == 1)
        .await;
    assert_eq!(
        kept.alerts[0].next_at,
        start().plus(Duration::from_secs(120))
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_alert_is_tried_at_least_once() {
    let receiver = Receiver::start(|_| answer(200)).await;
    let mut old = alert(1);
    old.at = start().minus(DAY * 30);
    let upkeep = Running::start(with_alerts(vec![old]), delivering(&receiver.url()));
    upkeep.store.until(is_delivered(1)).await;
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_another_gateway_has_is_left_to_it() {
    let receiver = Receiver::start(|_| answer(200)).await;
    let kept = Kept {
        contended: true,
        ..with_alerts(vec![alert(1)])
    };
    let upkeep = Running::start(kept, delivering(&receiver.url()));
    upkeep.store.until(|kept| kept.looks >= 1).await;
    pass(LOOK_EVERY).await;
    let kept = upkeep.store.until(|kept| kept.looks >= 2).await;
    assert!(kept.delivered.is_empty());
    assert!(receiver.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn alerts_are_sent_in_their_order_and_a_few_at_once() {
    let receiver = Receiver::start(|_| answer(200)).await;
    let ids = [5, 9, 2, 7, 1, 8, 3, 6, 4];
    let mut alerts: Vec<_> = ids.map(alert).into();
    // The one that waited the longest is not the one with the first number.
    alerts[1].next_at = start().minus(DAY);
    let upkeep = Running::start(with_alerts(alerts), delivering(&receiver.url()));
    receiver.until(ids.len()).await;
    upkeep
        .store
        .until(|kept| kept.delivered.len() == ids.len())
        .await;
    let seen = receiver.seen();
    let order: Vec<i64> = seen
        .iter()
        .map(|seen| verify(seen, start())["id"].as_i64().unwrap())
        .collect();
    // Those that are in flight together may overtake each other.
    for (place, id) in (1i64..).zip(&order) {
        assert!((place - id).abs() < AT_ONCE as i64, "{order:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_few_are_in_flight() {
    let (socket, address) = reserve();
    let listener = socket.listen(16).unwrap();
    let _still = crate::fixture::hold_time();
    let taken = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&taken);
    let accepting = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
            counted.fetch_add(1, Relaxed);
        }
    });
    let alerts = (1..=9).map(alert).collect();
    let url = format!("http://{address}/hook");
    let upkeep = Running::start(with_alerts(alerts), delivering(&url));
    let claimed = |kept: &Kept| {
        let claimed = |alert: &&Alert| alert.next_at > start();
        kept.alerts.iter().filter(claimed).count()
    };
    upkeep.store.until(|kept| claimed(kept) == AT_ONCE).await;
    pass(Duration::from_secs(9)).await;
    assert_eq!(claimed(&upkeep.store.kept()), AT_ONCE);
    // An end is prompt, also while something is in flight.
    upkeep.end().await;
    assert!(taken.load(Relaxed) <= AT_ONCE);
    accepting.abort();
}

#[tokio::test(start_paused = true)]
async fn without_a_webhook_an_alert_is_logged_and_counts_as_delivered() {
    let logs = Logs::default();
    let _guard = logs.follow();
    let upkeep = Running::start(with_alerts(vec![alert(1)]), nothing());
    upkeep.store.until(is_delivered(1)).await;
    assert_eq!(upkeep.handles.stats.delivered(), 1);
    pass(LOOK_EVERY * 3).await;
    let text = logs.text();
    let events: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(events.len(), 1, "{text}");
    for part in ["alert:", "quota_80", "tok_0000000000007", "\"used\":81"] {
        assert!(events[0].contains(part), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_are_logged_without_the_secret_and_the_path() {
    let logs = Logs::default();
    let _guard = logs.follow();
    let receiver = Receiver::start(|before| {
        let said = format!("I know {SECRET} and more");
        let body = Full::new(Bytes::from(said));
        let status = if before == 0 { 403 } else { 200 };
        Response::builder().status(status).body(body).unwrap()
    })
    .await;
    let upkeep = Running::start(with_alerts(vec![alert(1)]), delivering(&receiver.url()));
    upkeep
        .store
        .until(|kept| kept.alerts[0].attempts == 1)
        .await;
    pass(Duration::from_secs(10)).await;
    upkeep.store.until(is_delivered(1)).await;
    let text = logs.text();
    assert!(text.contains("403 Forbidden: I know … and more"), "{text}");
    // Once, not at each attempt.
    assert_eq!(text.matches("quota_80 of tok_").count(), 1, "{text}");
    for secret in [SECRET, "path-secret"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_complained_of_once_and_asked_again() {
    let logs = Logs::default();
    let _guard = logs.follow();
    let upkeep = Running::start(
        Kept {
            away: true,
            ..with_alerts(vec![alert(1)])
        },
        nothing(),
    );
    for _ in 0..5 {
        pass(LOOK_EVERY).await;
    }
    assert_eq!(logs.text().matches("cannot be read").count(), 1);
    upkeep.store.change(|kept| kept.away = false);
    upkeep.store.until(is_delivered(1)).await;
}
