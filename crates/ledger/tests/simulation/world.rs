//! One simulated world, and what happens in it.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tollgate_ledger::OpenError;
use tollgate_ledger::keeper::Next;
use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::time::Timestamp;

use super::expect::Expected;
use super::site::{Running, Site, Waiting};
use super::town::{self, Caller};
use crate::support::book::{Fault, MemoryBook};
use crate::support::callers::{ask, done, micros};
use crate::support::dice::Dice;
use crate::support::mortal::{Clock, Mortal};
use crate::support::scratch;

const SITES: usize = 3;
/// A few minutes before a full hour.
const START: i64 = 3_600 * 1_000 - 200;

pub struct World {
    dice: Dice,
    clock: Clock,
    book: Arc<MemoryBook>,
    sites: Vec<Site>,
    callers: Vec<Caller>,
    expected: Expected,
    /// How many turns more the store is away.
    away: usize,
    numbers: u64,
    folder: TempDir,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let clock = Clock::new(Timestamp::from_seconds(START));
        let book = Arc::new(MemoryBook::new(false));
        town::settle(&mut book.state(), &mut dice);
        let folder = scratch::folder();
        let mut world = Self {
            sites: Vec::new(),
            callers: town::callers(),
            expected: Expected::default(),
            away: 0,
            numbers: 0,
            dice,
            clock,
            book,
            folder,
        };
        for _ in 0..SITES {
            let site = Site {
                identity: world.dice.bytes(),
                path: world.fresh_path(),
                off: Duration::from_secs(world.dice.next() % 60),
                running: None,
            };
            world.sites.push(site);
        }
        world
    }

    /// Something happens, and whatever it is, nothing is oversold.
    pub fn step(&mut self) {
        let time = match self.dice.below(100) {
            0 => Duration::from_secs(self.dice.next() % 900),
            1..=3 => Duration::from_secs(self.dice.next() % 60),
            _ => Duration::from_millis(self.dice.next() % 400),
        };
        self.clock.pass(time);
        let site = self.dice.below(SITES);
        match self.dice.below(100) {
            0..=29 => self.call(site),
            30..=54 => self.end(site),
            55..=59 => self.progress(site),
            60..=61 => self.leave(site),
            62..=65 => self.edit(),
            66..=67 => self.kill(site, true),
            68 => self.away = self.dice.below(30),
            69 if self.dice.percent(30) => self.kill(site, false),
            70..=74 => self.start(site),
            _ => self.turn(site),
        }
        self.check();
    }

    /// All that goes on ends, gateways that are down start again, and the store is there.
    pub fn end_all(&mut self) {
        self.away = 0;
        for site in 0..SITES {
            while self.sites[site].running.is_none() {
                self.start_with(site, Fault::None);
            }
            while self
                .running(site)
                .is_some_and(|running| !running.open.is_empty())
            {
                self.end(site);
            }
            self.book.heal();
            let running = self.sites[site].running.as_mut().unwrap();
            running.waiting.clear();
            assert_eq!(running.mortal.finish(), Some(true));
            let stats = running.mortal.ledger.stats();
            assert_eq!((stats.open, stats.unsettled), (0, 0));
            assert_eq!(stats.held, micros(0));
            let gateway = running.mortal.gateway;
            assert_eq!(
                self.book.state().leased_to(gateway),
                0,
                "the keeper has ended"
            );
        }
        // What gateways had leased whose journals are lost comes back by itself.
        self.clock.pass(Duration::from_secs(700));
        self.sites[0].running = None;
        self.start_with(0, Fault::None);
        let state = self.book.state();
        assert_eq!(state.leased(), 0);
        for (request, ended) in &self.expected.0 {
            let there = state.receipts.contains_key(request);
            assert!(there || ended.lost, "no receipt of {request}: {ended:?}");
        }
        for (pot, row) in &state.rows {
            assert_eq!(row.used, state.charged_to(*pot), "{pot:?}");
        }
    }

    fn check(&self) {
        let state = self.book.state();
        state.check();
        state
            .receipts
            .values()
            .for_each(|one| self.expected.check(one));
        for site in &self.sites {
            if let Some(running) = &site.running {
                running.check(&state, self.clock.now().plus(site.off));
            }
        }
    }

    fn running(&mut self, site: usize) -> Option<&mut Running> {
        self.sites[site].running.as_mut()
    }

    fn now(&self, site: usize) -> Timestamp {
        self.clock.now().plus(self.sites[site].off)
    }

    fn fresh_path(&mut self) -> std::path::PathBuf {
        self.numbers += 1;
        self.folder.path().join(self.numbers.to_string())
    }

    fn call(&mut self, site: usize) {
        let (now, full) = (self.now(site), self.dice.between(0, 400));
        let caller = self.callers[self.dice.below(self.callers.len())].clone();
        let request = RequestId::new(now, u128::from(self.dice.next()));
        let least = if self.dice.percent(50) {
            full
        } else {
            full / 3
        };
        // Sometimes more than the hold covers, as an estimate of a killed call may be.
        let input_tokens = self.dice.next() % 600;
        let strict = caller.strict;
        let Some(running) = self.running(site) else {
            return;
        };
        let ledger = running.mortal.ledger.clone();
        let hold = Box::pin(async move {
            let mut ask = ask(&caller.principal, &caller.group, request, full, now);
            (ask.least, ask.input_tokens) = (micros(least), input_tokens);
            ledger.hold(&ask).await
        });
        running.waiting.push(Waiting {
            request,
            came: now,
            strict,
            input_tokens,
            hold,
        });
        running.see();
    }

    /// A call ends, in one way or another.
    fn end(&mut self, site: usize) {
        let (now, which, how) = (self.now(site), self.dice.next(), self.dice.below(20));
        let (part, over) = (self.dice.next(), self.dice.between(1, 500));
        let Some(running) = self.running(site).filter(|one| !one.open.is_empty()) else {
            return;
        };
        let at = which as usize % running.open.len();
        let mut open = running.open.swap_remove(at);
        let cost = match how {
            0 => {
                drop(open.held);
                let dropped = open.going.estimated(Ending::Dropped);
                self.expected.0.insert(open.request, dropped);
                return;
            }
            1..=3 => open.going.held + over,
            4..=5 => open.going.held,
            6 => 0,
            _ => (part % (open.going.held as u64 + 1)) as i64,
        };
        assert!(open.held.settle(&done(cost), now).is_some());
        let settled = open.going.settled(cost);
        self.expected.0.insert(open.request, settled);
    }

    fn progress(&mut self, site: usize) {
        let (which, bytes) = (self.dice.next(), self.dice.next() % 9_000);
        if let Some(running) = self.running(site).filter(|one| !one.open.is_empty()) {
            let at = which as usize % running.open.len();
            let open = &mut running.open[at];
            open.held.progress(bytes);
            if bytes >= open.going.noted + 4096 {
                open.going.noted = bytes;
            }
        }
    }

    /// A client leaves that waited.
    fn leave(&mut self, site: usize) {
        if let Some(running) = self.running(site) {
            running.waiting.pop();
        }
    }

    /// An operator changes a limit, and not all gateways hear of it.
    fn edit(&mut self) {
        let pot = town::edit(&mut self.book.state(), &mut self.dice);
        for site in 0..SITES {
            let how = self.dice.below(4);
            let Some(running) = self.running(site) else {
                continue;
            };
            let ledger = &running.mortal.ledger;
            use tollgate_ledger::book::Pot;
            match (how, pot) {
                (0, _) => {}
                (1, _) => ledger.changed_all(),
                (_, Pot::Account(id) | Pot::AccountPeriod(id, _)) => ledger.changed(id),
                (_, Pot::Token(id) | Pot::TokenPeriod(id, _)) => ledger.token_changed(id),
            }
        }
    }

    /// A gateway is killed; its journal stays, or is lost too.
    fn kill(&mut self, site: usize, stays: bool) {
        let remains = self.fresh_path();
        let Some(running) = self.sites[site].running.take() else {
            return;
        };
        running.kill(stays.then_some(remains.as_path()), &mut self.expected);
        self.sites[site].path = remains;
        if !stays {
            // Its calls are not told apart here from those of others that are not settled yet.
            let state = self.book.state();
            for (request, ended) in &mut self.expected.0 {
                ended.lost |= !state.receipts.contains_key(request);
            }
            drop(state);
            self.sites[site].identity = self.dice.bytes();
        }
    }

    fn fault(&mut self) -> Fault {
        if self.away > 0 {
            self.away -= 1;
            return Fault::Before;
        }
        match self.dice.below(40) {
            0..=1 => Fault::Before,
            2..=3 => Fault::After,
            4 if self.dice.percent(30) => Fault::Silent,
            _ => Fault::None,
        }
    }

    /// A gateway that is down starts again.
    fn start(&mut self, site: usize) {
        let fault = self.fault();
        self.start_with(site, fault);
    }

    fn start_with(&mut self, site: usize, fault: Fault) {
        if self.sites[site].running.is_some() {
            return;
        }
        self.book.fail(move || fault);
        let Site {
            path,
            identity,
            off,
            ..
        } = &self.sites[site];
        let started = Mortal::start(&self.book, path, *identity, &self.clock, *off);
        let mortal = match started {
            Some(Ok(mortal)) => mortal,
            // Killed while it started, or not started: its journal has what it had.
            None | Some(Err(OpenError::Book(_))) => return,
            Some(Err(other)) => panic!("{other:?}"),
        };
        let stats = mortal.ledger.stats();
        assert_eq!((stats.open, stats.unsettled), (0, 0), "all is settled");
        let leased = self.book.state().leased_to(mortal.gateway);
        assert_eq!(leased, 0, "nothing of the last run is held");
        let heard = self.now(site);
        self.sites[site].running = Some(Running {
            mortal,
            waiting: Vec::new(),
            open: Vec::new(),
            heard,
        });
    }

    /// A keeper does a turn. Where the store never answers, its gateway is killed.
    fn turn(&mut self, site: usize) {
        let (fault, now) = (self.fault(), self.now(site));
        self.book.fail(move || fault);
        let before = self.book.state().turns;
        let Some(running) = self.sites[site].running.as_mut() else {
            return;
        };
        let next = running.mortal.turn();
        let done = self.book.state().turns > before;
        match next {
            None => return self.kill(site, true),
            Some(Next::Failed) => assert_ne!(fault, Fault::None),
            Some(Next::AtOnce | Next::Later) => {}
        }
        if next != Some(Next::Failed) && done {
            running.heard = now;
        }
        running.see();
    }
}
