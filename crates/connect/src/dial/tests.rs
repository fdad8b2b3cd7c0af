use std::net::SocketAddr;

use ::url::Host;
use tokio::net::TcpListener;

use super::{addresses, alternating, first_of, tcp};
use crate::error::SendError;

fn parsed(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn families_take_turns() {
    let found = parsed(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]);
    let ordered = parsed(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]);
    assert_eq!(alternating(found), ordered);
}

#[tokio::test]
async fn what_a_name_leads_to_is_judged_when_it_is_resolved() {
    // Nothing was known of this name when it was saved.
    let host = Host::Domain("localhost".to_owned());
    let refused = addresses(&host, 80, false).await.unwrap_err();
    let SendError::Forbidden(address) = refused else {
        panic!("{refused:?}");
    };
    assert!(address.is_loopback());
    let found = addresses(&host, 80, true).await.unwrap();
    assert!(found.iter().all(|address| address.ip().is_loopback()));
}

#[tokio::test]
async fn a_forbidden_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = Host::Ipv4([127, 0, 0, 1].into());
    let refused = tcp(&host, port, false).await.unwrap_err();
    assert!(matches!(refused, SendError::Forbidden(_)), "{refused:?}");
    let listened = futures_util::FutureExt::now_or_never(listener.accept());
    assert!(listened.is_none());
    tcp(&host, port, true).await.unwrap();
}

#[tokio::test]
async fn an_address_that_refuses_is_followed_by_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let live = listener.local_addr().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = closed.local_addr().unwrap();
    drop(closed);
    let stream = first_of(vec![dead, dead, live]).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), live);
    first_of(vec![dead, dead]).await.unwrap_err();
    first_of(vec![]).await.unwrap_err();
}
