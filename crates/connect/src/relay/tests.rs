use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};

use super::Relay;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn followed() -> (Relay, Arc<Count>) {
    let count = Arc::new(Count::default());
    let relay = Relay::new();
    relay.follow(&Waker::from(Arc::clone(&count)));
    (relay, count)
}

#[test]
fn the_driver_is_woken() {
    let (relay, count) = followed();
    relay.waker().wake_by_ref();
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_wake_up_inside_a_quiet_poll_that_is_ready_is_swallowed() {
    let (relay, count) = followed();
    let polled = relay.quietly(|_| {
        relay.waker().wake_by_ref();
        Poll::Ready(())
    });
    assert_eq!(polled, Poll::Ready(()));
    assert_eq!(count.0.load(Ordering::Relaxed), 0);
    relay.waker().wake_by_ref();
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
}

#[test]
fn a_wake_up_inside_a_quiet_poll_that_is_pending_is_passed_on() {
    let (relay, count) = followed();
    let polled = relay.quietly(|_| {
        relay.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    assert_eq!(polled, Poll::Pending);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
}

#[test]
fn no_task_is_kept_alive_by_a_connection_that_nobody_drives() {
    let (relay, count) = followed();
    relay.forget();
    assert_eq!(Arc::strong_count(&count), 1);
    relay.waker().wake_by_ref();
    assert_eq!(count.0.load(Ordering::Relaxed), 0);
}
