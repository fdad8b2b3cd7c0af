//! Which connections serve another request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Request;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tollgate_connect::{Connections, SendError, Settings};
use tollgate_testkit::raw_upstream::Step;

use crate::setting::{destination, get, ok, pool, post, sharing, text, upstream, whole};

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let (server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    for number in 0..5 {
        let path = format!("http://elsewhere.example/{number}?a=b");
        assert_eq!(text(pool.send(&to, get(&path)).await).await, "hello");
    }
    let seen = server.seen();
    assert_eq!((seen.connections, seen.requests.len()), (1, 5));
    let stats = pool.stats();
    assert_eq!((stats.open, stats.idle), (1, 1));
    assert_eq!((stats.made, stats.reused), (1, 4));
    let head = &seen.requests[3].head;
    assert_eq!(head.first_line(), "GET /3?a=b HTTP/1.1");
    let host = server.address().to_string();
    assert_eq!(head.values("host").collect::<Vec<_>>(), [host]);
}

#[tokio::test]
async fn a_host_that_the_caller_set_is_kept() {
    let (server, to) = upstream(vec![vec![ok("")]]).await;
    let mut request = get("/");
    let name = http::HeaderValue::from_static("other.example");
    request.headers_mut().insert(http::header::HOST, name);
    text(pool().send(&to, request).await).await;
    let head = &server.requests()[0].head;
    assert_eq!(head.values("host").collect::<Vec<_>>(), ["other.example"]);
}

#[tokio::test]
async fn a_body_with_a_length_is_over_with_its_last_frame() {
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    let answer = pool.send(&to, post(whole("{}"))).await.unwrap();
    assert_eq!(pool.stats().idle, 0);
    let mut body = answer.into_body();
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "hello");
    assert_eq!(pool.stats().idle, 1);
}

#[tokio::test]
async fn a_body_of_which_nothing_is_known_is_sent_with_any_method() {
    let (server, to) = upstream(vec![vec![ok("hello")]]).await;
    for method in ["GET", "HEAD", "POST", "DELETE"] {
        let pieces = ["{\"query\":", "{}}"].map(|piece| Ok(Frame::data(Bytes::from(piece))));
        let body = StreamBody::new(stream::iter(pieces)).boxed_unsync();
        let request = Request::builder().method(method).uri("/_search");
        text(pool().send(&to, request.body(body).unwrap()).await).await;
        let asked = server.requests().pop().unwrap();
        assert_eq!(asked.body, b"{\"query\":{}}", "{method}");
    }
    text(pool().send(&to, get("/")).await).await;
    let head = server.requests().pop().unwrap().head;
    assert_eq!(head.values("transfer-encoding").count(), 0);
}

#[tokio::test]
async fn a_chunked_body_gives_its_connection_back_at_its_end() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = "3\r\none\r\n3\r\ntwo\r\n0\r\nx-trailer: yes\r\n\r\n";
    let script = vec![Step::write(head), Step::write(chunks)];
    let (server, to) = upstream(vec![script]).await;
    let pool = pool();
    for _ in 0..3 {
        let answer = pool.send(&to, get("/")).await.unwrap();
        let body = answer.into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["x-trailer"], "yes");
        assert_eq!(body.to_bytes(), "onetwo");
        assert_eq!(pool.stats().idle, 1);
    }
    assert_eq!(server.seen().connections, 1);
}

#[tokio::test]
async fn an_answer_without_a_body_gives_its_connection_back_at_once() {
    let empty = || Step::write("HTTP/1.1 204 No Content\r\n\r\n");
    let (_server, to) = upstream(vec![vec![empty()]]).await;
    let pool = pool();
    let answer = pool.send(&to, post(whole("{}"))).await.unwrap();
    assert_eq!(pool.stats().idle, 1);
    assert_eq!(answer.status(), 204);
}

#[tokio::test]
async fn frames_that_were_read_together_are_ready_together() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n";
    let gate = tollgate_testkit::raw_upstream::Gate::new();
    let all = [head, chunks].concat();
    let script = vec![Step::write(all), Step::Wait(gate), ok("")];
    let (_server, to) = upstream(vec![script]).await;
    let mut body = pool().send(&to, get("/")).await.unwrap().into_body();
    let mut frame = || {
        let frame = futures_util::FutureExt::now_or_never(body.frame())?;
        Some(frame.unwrap().unwrap().into_data().unwrap())
    };
    assert_eq!(frame().unwrap(), "one");
    assert_eq!(frame().unwrap(), "two");
    assert_eq!(frame().unwrap(), "three");
    assert_eq!(frame(), None);
}

#[tokio::test]
async fn informational_answers_are_skipped() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let script = vec![Step::write(go_on), Step::write(hints), ok("hello")];
    let (server, to) = upstream(vec![script]).await;
    let pool = pool();
    for _ in 0..2 {
        let answer = pool.send(&to, post(whole("{}"))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(!answer.headers().contains_key("link"));
        assert_eq!(text(Ok(answer)).await, "hello");
    }
    assert_eq!(server.seen().connections, 1);
}

#[tokio::test]
async fn a_server_that_announces_the_end_is_believed() {
    let closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    let old = "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok";
    for answer in [closing, old] {
        let (server, to) = upstream(vec![vec![Step::write(answer)]]).await;
        let pool = pool();
        for number in 1..3 {
            assert_eq!(text(pool.send(&to, get("/")).await).await, "ok");
            assert_eq!(pool.stats().open, 0, "{answer}");
            assert_eq!(server.seen().connections, number, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_is_whole() {
    let script = vec![Step::write("HTTP/1.1 200 OK\r\n\r\nall of it"), Step::Close];
    let (server, to) = upstream(vec![script]).await;
    let pool = pool();
    assert_eq!(text(pool.send(&to, get("/")).await).await, "all of it");
    assert_eq!(text(pool.send(&to, get("/")).await).await, "all of it");
    assert_eq!(pool.stats().open, 0);
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test]
async fn what_comes_after_an_answer_is_given_to_nobody() {
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
    let mut together =
        tollgate_testkit::http_message::response(200, "text/plain", b"first").to_vec();
    together.extend_from_slice(smuggled.as_bytes());
    let later = vec![ok("first"), Step::write(smuggled)];
    for script in [vec![Step::write(together)], later] {
        let (server, to) = upstream(vec![script, vec![ok("second")]]).await;
        let pool = pool();
        assert_eq!(text(pool.send(&to, get("/1")).await).await, "first");
        // The test's thread is the server's too: this lets it write the rest.
        while server.seen().requests.is_empty() {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert_eq!(text(pool.send(&to, get("/2")).await).await, "second");
        assert_eq!(server.seen().connections, 2);
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_nothing() {
    let (server, to) = upstream(vec![vec![ok("first"), Step::Close], vec![ok("second")]]).await;
    let pool = pool();
    assert_eq!(text(pool.send(&to, post(whole("1"))).await).await, "first");
    assert_eq!(pool.stats().idle, 1);
    tokio::task::yield_now().await;
    assert_eq!(text(pool.send(&to, post(whole("2"))).await).await, "second");
    let seen = server.seen();
    assert_eq!((seen.connections, seen.requests.len()), (2, 2));
    assert_eq!(pool.stats().open, 1);
}

#[tokio::test]
async fn requests_at_once_have_a_connection_each_and_the_last_used_is_taken_next() {
    let (server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    let both = tokio::join!(pool.send(&to, get("/a")), pool.send(&to, get("/b")));
    assert_eq!(pool.stats().open, 2);
    tokio::join!(text(both.0), text(both.1));
    assert_eq!(pool.stats().idle, 2);
    text(pool.send(&to, get("/c")).await).await;
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_the_settings_say() {
    let settings = Settings {
        idle_per_destination: 1,
        ..Settings::default()
    };
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = Connections::new(settings);
    let both = tokio::join!(pool.send(&to, get("/a")), pool.send(&to, get("/b")));
    tokio::join!(text(both.0), text(both.1));
    let stats = pool.stats();
    assert_eq!((stats.open, stats.idle), (1, 1));
}

#[tokio::test]
async fn no_more_connections_are_open_than_the_settings_say() {
    let settings = Settings {
        open_per_destination: Some(1),
        ..Settings::default()
    };
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = Connections::new(settings);
    let first = pool.send(&to, get("/")).await;
    let refused = pool.send(&to, get("/")).await.unwrap_err();
    assert!(refused.is_unsent(), "{refused:?}");
    text(first).await;
    text(pool.send(&to, get("/")).await).await;
}

#[tokio::test]
async fn a_destination_at_its_bound_leaves_the_idle_connections_of_others() {
    let settings = Settings {
        open_per_destination: Some(1),
        ..Settings::default()
    };
    let (_one, first) = upstream(vec![vec![ok("hello")]]).await;
    let (_other, second) = upstream(vec![vec![ok("hello")]]).await;
    let pool = Connections::new(settings);
    text(pool.send(&second, get("/")).await).await;
    let going_on = pool.send(&first, get("/")).await;
    let refused = pool.send(&first, get("/")).await.unwrap_err();
    assert!(matches!(refused, SendError::Full), "{refused:?}");
    assert_eq!(pool.stats().idle, 1);
    text(going_on).await;
}

#[tokio::test]
async fn pools_that_share_a_bound_have_no_more_open_together() {
    let settings = sharing(2);
    let (_one, first) = upstream(vec![vec![ok("hello")]]).await;
    let (_other, second) = upstream(vec![vec![ok("hello")]]).await;
    let [here, there] = [settings.clone(), settings].map(Connections::new);
    text(there.send(&second, get("/")).await).await;
    assert_eq!(there.stats().idle, 1);
    let going_on = here.send(&first, get("/")).await;
    // What is idle in another pool keeps its place, and what is idle in its own gives it up.
    let refused = here.send(&second, get("/")).await.unwrap_err();
    assert!(matches!(refused, SendError::Full), "{refused:?}");
    text(there.send(&first, get("/")).await).await;
    assert_eq!(there.stats().made, 2);
    text(going_on).await;
}

#[tokio::test]
async fn no_connection_waits_where_places_are_scarce() {
    let settings = sharing(8);
    let (_one, to) = upstream(vec![vec![ok("hello")]]).await;
    let [here, there] = [settings.clone(), settings].map(Connections::new);
    text(there.send(&to, get("/")).await).await;
    let mut going_on = Vec::new();
    for _ in 0..7 {
        assert_eq!(there.stats().idle, 1);
        going_on.push(here.send(&to, get("/")).await);
    }
    let refused = here.send(&to, get("/")).await.unwrap_err();
    assert!(matches!(refused, SendError::Full), "{refused:?}");
    text(there.send(&to, get("/")).await).await;
    assert_eq!(there.stats().open, 0);
    going_on.push(here.send(&to, get("/")).await);
    for answer in going_on {
        text(answer).await;
    }
    // The last six are below seven eighths.
    assert_eq!(here.stats().idle, 6);
}

#[tokio::test]
async fn what_waits_is_swept_where_places_are_scarce() {
    let settings = sharing(2);
    let (_one, to) = upstream(vec![vec![ok("hello")]]).await;
    let [here, there] = [settings.clone(), settings].map(Connections::new);
    text(there.send(&to, get("/")).await).await;
    there.sweep();
    assert_eq!(there.stats().idle, 1);
    let going_on = here.send(&to, get("/")).await;
    there.sweep();
    assert_eq!(there.stats().open, 0);
    text(going_on).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_idle_for_too_long_is_not_used_and_swept() {
    let (server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    text(pool.send(&to, get("/")).await).await;
    tokio::time::advance(Duration::from_secs(29)).await;
    text(pool.send(&to, get("/")).await).await;
    assert_eq!(pool.stats().made, 1);
    tokio::time::advance(Duration::from_secs(30)).await;
    text(pool.send(&to, get("/")).await).await;
    assert_eq!(pool.stats().made, 2);
    assert_eq!(pool.stats().open, 1);
    tokio::time::advance(Duration::from_secs(29)).await;
    pool.sweep();
    assert_eq!(pool.stats().open, 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    pool.sweep();
    assert_eq!(pool.stats().open, 0);
    assert_eq!(server.seen().requests.len(), 3);
}

#[tokio::test]
async fn connections_of_a_destination_that_nobody_knows_are_swept() {
    let (server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    text(pool.send(&to, get("/")).await).await;
    pool.sweep();
    assert_eq!(pool.stats().open, 1);
    drop(to);
    pool.sweep();
    assert_eq!(pool.stats().open, 0);
    let again = destination(&server.url());
    text(pool.send(&again, get("/")).await).await;
    assert_eq!(pool.stats().made, 2);
}

#[tokio::test]
async fn a_body_outlives_the_pool_and_closes_its_connection() {
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let pool = pool();
    let answer = pool.send(&to, get("/")).await;
    drop(pool);
    assert_eq!(text(answer).await, "hello");
}

#[tokio::test]
async fn large_bodies_pass_in_both_directions() {
    let large: &'static str = "0123456789abcdef".repeat(1 << 16).leak();
    let (server, to) = upstream(vec![vec![ok(large)]]).await;
    let pool = pool();
    for _ in 0..2 {
        let answer = text(pool.send(&to, post(whole(large))).await).await;
        assert!(answer == large);
    }
    let seen = server.seen();
    assert!(
        seen.requests
            .iter()
            .all(|request| request.body == large.as_bytes())
    );
    assert_eq!(seen.connections, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_up_is_lost_between_threads() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let writes = [head, "3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"];
    let script = writes.map(Step::write).to_vec();
    let (server, to) = upstream(vec![script]).await;
    let pool = Arc::new(pool());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (pool, to) = (Arc::clone(&pool), to.clone());
        tasks.spawn(async move {
            for _ in 0..50 {
                let answer = pool.send(&to, post(whole("{}"))).await;
                // The body goes on in another task, and so perhaps on another thread.
                let answer = tokio::spawn(text(answer)).await.unwrap();
                assert_eq!(answer, "onetwo");
            }
        });
    }
    let all = async { while tasks.join_next().await.transpose().unwrap().is_some() {} };
    let limit = tollgate_testkit::DEADLINE;
    tokio::time::timeout(limit, all).await.unwrap();
    assert_eq!(server.seen().requests.len(), 800);
    assert!(pool.stats().made <= 16, "{:?}", pool.stats());
}
