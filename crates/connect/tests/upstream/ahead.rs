//! Answers that are looked at before they are read.

use std::time::Duration;

use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;
use tollgate_testkit::http_message::{chunk, response_head};
use tollgate_testkit::raw_upstream::Step;

use crate::setting::{get, ok, pool, text, upstream};

/// The beginning of an answer in chunks.
fn begun(text: &str) -> Step {
    let head = response_head(200, &[("transfer-encoding", "chunked")]);
    Step::write([head.as_ref(), chunk(text.as_bytes()).as_ref()].concat())
}

#[tokio::test]
async fn what_was_looked_at_is_read_again() {
    let (_server, to) = upstream(vec![vec![ok("hello")], vec![ok("again")]]).await;
    let pool = pool();
    let mut answer = pool.send(&to, get("/")).await.unwrap();
    for _ in 0..2 {
        let ahead = answer.body_mut().look_ahead(5).await;
        assert_eq!(ahead.as_deref(), Some(b"hello".as_slice()));
        assert!(!answer.body().is_end_stream());
        assert_eq!(answer.body().size_hint().exact(), Some(5));
    }
    assert_eq!(text(Ok(answer)).await, "hello");
    assert_eq!(text(pool.send(&to, get("/")).await).await, "again");
    assert_eq!(pool.stats().made, 1);
}

#[tokio::test]
async fn a_body_that_is_too_long_to_look_at_is_read_whole() {
    let (_server, to) = upstream(vec![vec![ok("hello")]]).await;
    let mut answer = pool().send(&to, get("/")).await.unwrap();
    assert_eq!(answer.body_mut().look_ahead(4).await, None);
    assert_eq!(answer.body_mut().look_ahead(4).await, None);
    assert_eq!(text(Ok(answer)).await, "hello");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_too_long_costs_nothing() {
    let (_server, to) = upstream(vec![vec![begun("half"), Step::Hang]]).await;
    let mut answer = pool().send(&to, get("/")).await.unwrap();
    let looking = answer.body_mut().look_ahead(100);
    assert!(timeout(Duration::from_secs(2), looking).await.is_err());
    let frame = answer.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "half");
}

#[tokio::test]
async fn a_body_that_breaks_off_does_so_for_its_reader_too() {
    let (_server, to) = upstream(vec![vec![begun("half"), Step::Close]]).await;
    let mut answer = pool().send(&to, get("/")).await.unwrap();
    assert_eq!(answer.body_mut().look_ahead(100).await, None);
    assert_eq!(answer.body_mut().look_ahead(100).await, None);
    let frame = answer.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(frame.into_data().unwrap(), "half");
    assert!(answer.body_mut().frame().await.unwrap().is_err());
}
