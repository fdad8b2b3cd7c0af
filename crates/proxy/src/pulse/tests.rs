use super::*;

fn settings() -> Settings {
    Settings {
        head_timeout: Duration::from_secs(10),
        keep_alive_idle: Duration::from_secs(75),
        client_stall: Duration::from_secs(60),
        ..Settings::default()
    }
}

/// Whole seconds until the connection is closed, on a clock that is paused.
async fn closes_after(pulse: &Pulse) -> u64 {
    let begun = Instant::now();
    pulse.expired().await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed_like_one_with_a_slow_head() {
    let pulse = Pulse::new(&settings());
    assert_eq!(closes_after(&pulse).await, 10);
    let pulse = Pulse::new(&settings());
    pulse.received(b"POST / HT");
    assert_eq!(closes_after(&pulse).await, 10);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_trickle_in_do_not_move_the_deadline_of_a_head() {
    let pulse = Pulse::new(&settings());
    pulse.received(b"P");
    tokio::time::advance(Duration::from_secs(6)).await;
    pulse.received(b"O");
    assert_eq!(closes_after(&pulse).await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_connection_between_requests_may_be_idle_for_longer() {
    let pulse = Pulse::new(&settings());
    pulse.received(b"GET / HTTP/1.1\r\n\r\n");
    drop(pulse.request());
    assert_eq!(closes_after(&pulse).await, 75);
    let pulse = Pulse::new(&settings());
    drop(pulse.request());
    tokio::time::advance(Duration::from_secs(70)).await;
    pulse.received(b"G");
    assert_eq!(
        closes_after(&pulse).await,
        10,
        "the next head has its own time"
    );
}

#[tokio::test(start_paused = true)]
async fn a_running_request_has_no_deadline_but_the_clients_reading() {
    let pulse = Pulse::new(&settings());
    let running = pulse.request();
    let long = tokio::time::timeout(Duration::from_secs(100_000), pulse.expired()).await;
    assert!(long.is_err());
    pulse.wrote(true);
    tokio::time::advance(Duration::from_secs(30)).await;
    pulse.wrote(true);
    assert_eq!(
        closes_after(&pulse).await,
        30,
        "stalled since the first write that waited"
    );
    pulse.wrote(false);
    assert_eq!(pulse.deadline(), None);
    drop(running);
    assert!(pulse.deadline().is_some());
}

#[tokio::test(start_paused = true)]
async fn http_2_without_a_request_is_idle_and_not_a_slow_head() {
    let pulse = Pulse::new(&settings());
    pulse.received(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    pulse.received(b"a ping");
    assert_eq!(closes_after(&pulse).await, 75);
}
