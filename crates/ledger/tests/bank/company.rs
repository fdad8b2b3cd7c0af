//! For how long receipts wait for others before they go to the store.

use std::time::Duration;

use tollgate_ledger::request_id::RequestId;
use tollgate_policy::group::Enforcement;
use tollgate_policy::time::Timestamp;

use super::street::Street;
use crate::support::book::MemoryBook;
use crate::support::callers::{Limited, ask, done, group, principal};

/// How many receipts of so many calls at once are in the store after so many milliseconds.
async fn settled(calls: u128, milliseconds: u64) -> usize {
    let now = Timestamp::from_seconds(1_000);
    let mut street = Street::open(1, MemoryBook::new(false), now).await;
    // The first turn was that of the start, and the keeper's waits begin with its own first one.
    while street.book.state().turns < 2 {
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    let (principal, group) = (
        principal(1, 1, Limited::default()),
        group(1, Enforcement::Strict),
    );
    for call in 0..calls {
        let request = RequestId::new(now, call);
        let asked = ask(&principal, &group, request, 1, now);
        let mut held = street.ledgers[0].hold(&asked).await.unwrap();
        held.settle(&done(1), now);
    }
    for _ in 0..milliseconds {
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    let settled = street.book.state().receipts.len();
    street.close().await;
    let all = street.book.state().receipts.len();
    assert_eq!(all as u128, calls, "the end waits for no company");
    settled
}

#[tokio::test(start_paused = true)]
async fn receipts_wait_a_moment_and_longer_where_they_come_fast() {
    assert_eq!(settled(19, 190).await, 0);
    assert_eq!(settled(19, 210).await, 19, "few do not wait for more");
    assert_eq!(settled(20, 390).await, 0);
    assert_eq!(settled(20, 410).await, 20, "no others came");
    assert_eq!(settled(500, 990).await, 0);
    assert_eq!(settled(500, 1_010).await, 500, "longer than a second");
    assert_eq!(settled(1_023, 210).await, 0);
    assert_eq!(settled(1_024, 210).await, 1_024, "are company enough");
}
