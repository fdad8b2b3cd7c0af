use tollgate_policy::group::{Enforcement, Group};
use tollgate_policy::token::Principal;

use super::*;
use crate::book::Lease;
use crate::demand::{Grip, Stop};
use crate::fixture::{at, demand, group, micros, principal, receipt};
use crate::sync::Ground;

/// Without a journal.
struct Bare;

impl Ground for Bare {
    type Lock<T: Send + 'static> = std::sync::Mutex<T>;
    type Place = ();
}

/// A gateway with one token that has a quota, and a store that has enough.
struct Scene {
    live: Live<Bare>,
    rounds: Rounds,
    caller: Principal,
    group: Group,
    leased: i64,
    calls: i64,
    waited: usize,
}

impl Scene {
    fn new() -> Self {
        let mut caller = principal();
        caller.token.quota.lifetime = Some(micros(1_000_000));
        Self {
            live: Live::new(at(0)),
            rounds: Rounds::new(GatewayId([1; 16])),
            caller,
            group: group(Enforcement::Strict),
            leased: 0,
            calls: 0,
            waited: 0,
        }
    }

    /// A call that may cost 10 and costs 9, with a turn first where it has to wait for one.
    fn call(&mut self, second: i64) {
        let account = self.live.account(self.caller.account.id);
        let (caller, group) = (self.caller.clone(), self.group.clone());
        let mut demand = demand(&caller, &group, 10);
        demand.now = at(second);
        let grip = match self.live.try_hold(&account, &demand) {
            Ok(grip) => grip,
            Err(Stop::Denied(denied)) => panic!("{denied:?}"),
            Err(Stop::Lack(pots)) => {
                self.waited += 1;
                self.live.want(self.caller.account.id, pots);
                self.turn(second);
                self.live.try_hold(&account, &demand).unwrap()
            }
        };
        let mut receipt = receipt(self.calls, grip.payer);
        self.calls += 1;
        receipt.cost = micros(9);
        let cost = receipt.cost;
        self.live.settle(&grip, self.group.id, cost, 1, at(second));
        let pots = grip.pots;
        let place = ();
        self.live.keep(Kept {
            place,
            receipt: Arc::new(receipt),
            pots,
        });
    }

    /// A turn of which nothing is heard, and which the store did not do.
    fn failed_turn(&mut self, second: i64) {
        let round = self.rounds.next(&self.live, at(second)).unwrap();
        self.rounds.failed(&self.live, round);
    }

    fn turn(&mut self, second: i64) {
        let Some(round) = self.rounds.next(&self.live, at(second)) else {
            return;
        };
        let pot = Pot::Token(self.caller.token.id);
        let charges = round.turn.receipts.iter();
        let charged = charges.map(|receipt| receipt.charged().as_micros());
        self.leased = (self.leased - charged.sum::<i64>()).max(0);
        for (_, amount) in &round.turn.returns {
            self.leased -= amount.as_micros();
        }
        for ask in &round.turn.asks {
            self.leased += ask.wish.as_micros();
        }
        let lease = Lease {
            pot,
            leased: micros(self.leased),
            limited: true,
        };
        let outcome = Outcome {
            leases: vec![lease],
            settled: 0,
        };
        self.rounds.done(&self.live, round, &outcome);
    }
}

#[test]
fn at_a_steady_rate_no_call_waits_for_the_store() {
    let mut scene = Scene::new();
    let mut waited = Vec::new();
    for second in 0..20 {
        for _ in 0..40 {
            scene.call(second);
        }
        scene.turn(second);
        waited.push(std::mem::take(&mut scene.waited));
    }
    let (first, rest) = waited.split_at(4);
    assert!(
        first[0] > 0 && first.iter().sum::<usize>() < 16,
        "{first:?}"
    );
    assert_eq!(rest.iter().sum::<usize>(), 0, "{waited:?}");
}

/// Each turn is one that a call waited for: it is to be the longer until the next one.
#[test]
fn calls_wait_the_less_the_more_of_them_there_were_between_turns() {
    let mut scene = Scene::new();
    for _ in 0..2000 {
        scene.call(0);
    }
    assert!((5..20).contains(&scene.waited), "{}", scene.waited);
}

#[test]
fn a_lease_follows_what_is_spent_down() {
    let mut scene = Scene::new();
    for _ in 0..40 {
        scene.call(0);
    }
    for second in 0..40 {
        scene.call(second);
        scene.turn(second);
    }
    assert!(scene.leased < 100, "{}", scene.leased);
    scene.turn(50);
    assert_eq!(scene.leased, 0, "what nobody uses goes back");
}

#[test]
fn what_was_recalled_goes_back_also_after_a_turn_that_failed() {
    let mut scene = Scene::new();
    scene.call(0);
    scene.turn(0);
    let leased = scene.leased;
    assert!(leased > 0);
    scene.live.recall(scene.caller.account.id);
    scene.failed_turn(0);
    scene.turn(0);
    assert_eq!(scene.leased, leased, "it was not known what was leased");
    let account = scene.live.account(scene.caller.account.id);
    let demand = demand(&scene.caller, &scene.group, 10);
    let stop = scene.live.try_hold(&account, &demand).unwrap_err();
    assert!(matches!(stop, Stop::Lack(_)), "{stop:?}");
    scene.turn(0);
    assert_eq!(scene.leased, 0);
}

#[test]
fn a_turn_that_fails_is_done_again_with_fewer_receipts() {
    let mut scene = Scene::new();
    scene.caller.token.quota.lifetime = None;
    for _ in 0..300 {
        scene.call(0);
    }
    for most in [4096, 2048, 1024, 512, 256, 128, 64, 64] {
        let round = scene.rounds.next(&scene.live, at(0)).unwrap();
        let count = round.turn.receipts.len();
        assert!(
            count == most || count < most && !round.is_full,
            "{count} of {most}"
        );
        scene.rounds.failed(&scene.live, round);
    }
    scene.turn(0);
    let round = scene.rounds.next(&scene.live, at(0)).unwrap();
    assert_eq!((round.turn.receipts.len(), round.is_full), (128, true));
}

impl Scene {
    fn move_to(&mut self, account: i64) {
        self.caller.account.id = AccountId::from_raw(account).unwrap();
        self.caller.token.account = self.caller.account.id;
        self.live.recall_token(self.caller.token.id);
    }

    fn hold(&self, caller: &Principal, amount: i64) -> Result<Grip, Stop> {
        let account = self.live.account(caller.account.id);
        let demand = demand(caller, &self.group, amount);
        self.live.try_hold(&account, &demand)
    }

    fn end(&mut self, grip: &Grip, cost: i64) {
        let mut receipt = receipt(self.calls, grip.payer);
        self.calls += 1;
        receipt.cost = micros(cost);
        let cost = receipt.cost;
        self.live.settle(grip, self.group.id, cost, 1, at(0));
        let (place, pots) = ((), grip.pots);
        self.live.keep(Kept {
            place,
            receipt: Arc::new(receipt),
            pots,
        });
    }

    /// What is leased, held and unsettled for the calls of an account.
    fn part(&self, account: i64) -> (i64, i64, i64) {
        let account = self.live.account(AccountId::from_raw(account).unwrap());
        account.with(|account| {
            let state = account.pots().map(|(_, state)| *state).next();
            let state = state.unwrap_or_default();
            (state.leased(), state.held(), state.unsettled())
        })
    }
}

/// Accounts are looked at in the order of their ids.
const MOVES: [(i64, i64); 2] = [(1, 2), (3, 1)];

#[test]
fn a_token_that_was_moved_is_leased_for_calls_of_both_accounts_from_one_sum() {
    for (old, new) in MOVES {
        let mut scene = Scene::new();
        scene.move_to(old);
        let before = scene.caller.clone();
        scene.call(0);
        scene.turn(0);
        let open = scene.hold(&before, 10).unwrap();
        scene.move_to(new);
        let moved = scene.caller.clone();
        // What is free goes back, and what the call holds does not wait for its end.
        for _ in 0..2 {
            scene.call(0);
            scene.turn(0);
            assert_eq!(scene.part(old), (10, 10, 0));
            assert_eq!(
                10 + scene.part(new).0,
                scene.leased,
                "nothing is leased twice"
            );
        }
        scene.end(&open, 9);
        let other = scene.hold(&moved, 10).unwrap();
        scene.end(&other, 9);
        scene.turn(0);
        let (old, new) = (scene.part(old), scene.part(new));
        assert_eq!((old.1, old.2, new.1, new.2), (0, 0, 0, 0));
        assert_eq!(old.0 + new.0, scene.leased);
        scene.turn(10);
        scene.turn(20);
        assert_eq!(scene.leased, 0, "what nobody uses goes back");
    }
}

#[test]
fn what_two_accounts_give_back_of_a_moved_token_goes_back_whole() {
    for (old, new) in MOVES {
        let mut scene = Scene::new();
        scene.move_to(old);
        let before = scene.caller.clone();
        scene.call(0);
        scene.turn(0);
        let open = scene.hold(&before, 10).unwrap();
        scene.move_to(new);
        scene.call(0);
        scene.turn(0);
        scene.end(&open, 1);
        scene.turn(0);
        assert!(scene.part(old).0 > 0 && scene.part(new).0 > 0);
        // An edit recalls what both have.
        scene.live.recall_token(scene.caller.token.id);
        scene.turn(0);
        assert_eq!(scene.leased, 0, "moved from {old} to {new}");
        for _ in 0..3 {
            scene.call(0);
            scene.turn(0);
            let parts = scene.part(old).0 + scene.part(new).0;
            assert_eq!(parts, scene.leased, "moved from {old} to {new}");
        }
    }
}

#[test]
fn a_call_that_had_no_quota_takes_no_lease_from_the_account_that_its_token_went_to() {
    let mut scene = Scene::new();
    scene.caller.token.quota.lifetime = None;
    let open = scene.hold(&scene.caller, 10).unwrap();
    scene.caller.token.quota.lifetime = Some(micros(1_000_000));
    scene.move_to(2);
    scene.call(0);
    scene.turn(0);
    let leased = scene.leased;
    assert!(leased > 9);
    let moved = scene.caller.clone();
    let other = scene.hold(&moved, 10).unwrap();
    scene.end(&open, 9);
    scene.end(&other, 9);
    scene.turn(0);
    assert_eq!(scene.part(1), (0, 0, 0));
    assert_eq!(scene.part(2), (scene.leased, 0, 0));
    scene.turn(10);
    assert_eq!(scene.leased, 0);
}

#[test]
fn what_calls_of_another_account_hold_stays_theirs_where_leases_are_not_trusted() {
    let mut scene = Scene::new();
    let before = scene.caller.clone();
    scene.call(0);
    scene.turn(0);
    let open = scene.hold(&before, 10);
    assert!(open.is_ok());
    scene.move_to(2);
    scene.call(0);
    scene.turn(0);
    let long = 60 * 60;
    scene.turn(long);
    let (old, new) = (scene.part(1), scene.part(2));
    assert!(
        old.0 >= 10 && old.0 + new.0 == scene.leased,
        "{old:?} {new:?}"
    );
}
