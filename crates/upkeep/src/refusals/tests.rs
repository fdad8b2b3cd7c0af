use std::net::Ipv4Addr;

use super::*;
use crate::fixture::{start, token};

fn caller(raw: i64) -> Caller {
    Caller {
        token: token(raw),
        account: AccountId::from_raw(raw).unwrap(),
    }
}

fn call(caller: Caller) -> RefusedCall {
    RefusedCall {
        request: [7; 16],
        at: start(),
        caller,
        code: "quota_exceeded",
        reasons: "x".repeat(TEXT + 1),
        endpoint: None,
        model: Some("é".repeat(TEXT + 1)),
        client: Ipv4Addr::LOCALHOST.into(),
    }
}

fn refuse(refusals: &Refusals, raw: i64) {
    refusals.refused(start(), Some(caller(raw)), "quota_exceeded", call);
}

#[test]
fn all_are_counted_and_the_first_of_each_token_are_kept() {
    let refusals = Refusals::default();
    for _ in 0..OF_A_TOKEN + 5 {
        refuse(&refusals, 1);
    }
    refuse(&refusals, 2);
    refusals.refused(start(), None, "invalid_key", |_| unreachable!());
    let refused = refusals.take();
    let sums: Vec<_> = refused.counts.values().copied().collect();
    assert_eq!(sums, [1, u64::from(OF_A_TOKEN) + 5, 1]);
    assert_eq!(refused.calls.len(), OF_A_TOKEN as usize + 1);
    assert!(refusals.take().is_empty());
    refuse(&refusals, 1);
    assert_eq!(refusals.take().calls.len(), 1, "there is room again");
}

#[test]
fn texts_are_cut_between_characters() {
    let refusals = Refusals::default();
    refuse(&refusals, 1);
    let kept = refusals.take().calls.remove(0);
    assert_eq!(kept.reasons.len(), TEXT);
    assert_eq!(kept.model.unwrap().chars().count(), TEXT);
}

#[test]
fn a_flood_of_tokens_and_accounts_is_bounded() {
    let refusals = Refusals::default();
    let many = i64::try_from(COUNTS).unwrap() + 10;
    for raw in 0..many {
        refuse(&refusals, raw);
    }
    let refused = refusals.take();
    assert_eq!(refused.calls.len(), CALLS);
    assert_eq!(refused.counts.len(), COUNTS + 1);
    let nobody = refused.counts.iter().find(|(key, _)| key.account.is_none());
    assert_eq!(nobody.unwrap().1, &10);
}

#[test]
fn what_was_put_back_comes_with_what_came_since() {
    let refusals = Refusals::default();
    refuse(&refusals, 1);
    let earlier = refusals.take();
    refuse(&refusals, 1);
    refusals.put_back(earlier);
    let all = refusals.take();
    assert_eq!(all.counts.values().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(all.calls.len(), 2);
}
