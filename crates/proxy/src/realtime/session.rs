//! The relay of a session: both directions at once, until either side, policy or a deadline ends it.

use std::pin::pin;
use std::time::Duration;

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tollgate_connect::Upgraded as Upstream;
use tollgate_wire::websocket::Sender;

use super::end::End;
use super::lane::{Lane, Step, Stuck};
use super::side::Side;
use super::turns::Turns;
use crate::settings::Settings;

/// How long a side that was told to close may take to do so.
const PARTING: Duration = Duration::from_secs(5);
/// How long before it is cut off a session ends by itself.
const LAST_WORD: Duration = Duration::from_secs(1);

type Halves<S> = (ReadHalf<S>, WriteHalf<S>);

/// A session.
pub(super) struct Session {
    turns: Turns,
    client: Side,
    upstream: Side,
    /// What goes to the client.
    down: Lane,
    /// What goes to the upstream.
    up: Lane,
    idle_timeout: Duration,
    client_stall: Duration,
    cut_off: watch::Receiver<Option<Instant>>,
    /// When the session has to end, once the gateway ends.
    until: Option<Instant>,
}

impl Session {
    pub(super) fn new(
        turns: Turns,
        settings: &Settings,
        cut_off: watch::Receiver<Option<Instant>>,
    ) -> Self {
        let most = settings.body_bytes as u64;
        Self {
            turns,
            client: Side::new(Sender::Client, most),
            upstream: Side::new(Sender::Server, u64::MAX),
            down: Lane::new(),
            up: Lane::new(),
            idle_timeout: settings.idle_timeout,
            client_stall: settings.client_stall,
            cut_off,
            until: None,
        }
    }

    /// Relays to the end.
    ///
    /// CANCEL: the calls that are open end as those whose client left.
    pub(super) async fn run(mut self, client: OnUpgrade, upstream: Upstream) {
        let Ok(client) = client.await else {
            return;
        };
        let mut client: Halves<TokioIo<Upgraded>> = split(TokioIo::new(client));
        let mut upstream = split(upstream);
        let end = self.relay(&mut client, &mut upstream).await;
        if let End::Left = end
            && let Some(limit) = self.turns.read_on()
        {
            tracing::debug!("the client left: its responses are read on");
            // What the provider counts in time is charged instead of an estimate.
            let _ = timeout(limit, self.read_on(&mut upstream.0)).await;
        }
        let ending = end.ending(self.turns.is_running());
        self.turns.end(ending);
        tokio::join!(
            self.leave_client(&end, &mut client),
            self.leave_upstream(&end, &mut upstream),
        );
    }

    async fn relay<C, U>(&mut self, client: &mut Halves<C>, upstream: &mut Halves<U>) -> End
    where
        C: AsyncRead + AsyncWrite,
        U: AsyncRead + AsyncWrite,
    {
        let mut alarm = pin!(sleep_until(self.next_deadline()));
        loop {
            if let Some(end) = self.over() {
                return end;
            }
            let next = self.next_deadline();
            if next < alarm.deadline() {
                alarm.as_mut().reset(next);
            }
            let moved = tokio::select! {
                step = self.down.step(&mut upstream.0, &mut client.1) => match step {
                    Ok(step) => self.came_down(step).await,
                    Err(Stuck::Source) => Err(End::Broke),
                    Err(Stuck::Sink) => Err(End::Left),
                },
                step = self.up.step(&mut client.0, &mut upstream.1) => match step {
                    Ok(step) => self.came_up(step).await,
                    Err(Stuck::Source) => Err(End::Left),
                    Err(Stuck::Sink) => Err(End::Broke),
                },
                () = &mut alarm => {
                    let next = self.next_deadline();
                    alarm.as_mut().reset(next);
                    Ok(())
                }
                until = told(&mut self.cut_off), if self.until.is_none() => {
                    self.until = Some(until.checked_sub(LAST_WORD).unwrap_or(until));
                    Ok(())
                }
            };
            if let Err(end) = moved {
                return end;
            }
        }
    }

    /// The upstream sent something, or has hung up.
    async fn came_down(&mut self, step: Step) -> Result<(), End> {
        let bytes = match step {
            Step::Wrote => return Ok(()),
            Step::Read(0) => return Err(self.hung_up().unwrap_or(End::Broke)),
            Step::Read(bytes) => bytes,
        };
        let Self {
            turns,
            upstream,
            down,
            ..
        } = self;
        let mut events = Vec::new();
        let heard = upstream.hear(down.waiting(), |piece| events.extend(turns.read(piece)));
        let passed = turns.passing(bytes, events).await;
        let whole = heard.map_err(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the frames of an upstream cannot be read");
            down.truncate(0);
            End::UpstreamFrames
        })?;
        passed.map_err(|refused| {
            // What ended the last response has passed then, and nothing is cut in two.
            down.truncate(whole);
            upstream.fits = true;
            End::Refused(refused)
        })
    }

    /// The client sent something, or has hung up.
    async fn came_up(&mut self, step: Step) -> Result<(), End> {
        match step {
            Step::Wrote => Ok(()),
            Step::Read(0) => Err(self.hung_up().unwrap_or(End::Left)),
            Step::Read(_) => {
                let (turns, fitted) = (&mut self.turns, self.client.fits);
                let mut asks = false;
                let heard = self
                    .client
                    .hear(self.up.waiting(), |piece| asks |= turns.hear(piece));
                if let Err(error) = heard {
                    self.up.truncate(0);
                    return Err(End::ClientFrames(error));
                }
                if asks && let Err(refused) = self.turns.asked().await {
                    self.up.truncate(0);
                    self.client.fits = fitted;
                    return Err(End::Refused(refused));
                }
                if self.client.closed.is_some() && self.turns.time_to_read_on().is_some() {
                    // The farewell would end the response at the upstream as well.
                    self.up.truncate(0);
                    return Err(End::Left);
                }
                Ok(())
            }
        }
    }

    /// A side that hangs up after a word of farewell has not broken off.
    fn hung_up(&self) -> Option<End> {
        match (self.client.closed, self.upstream.closed) {
            (None, None) => None,
            (client, upstream) => Some(End::Closed {
                by_client: match (client, upstream) {
                    (Some(client), Some(upstream)) => client <= upstream,
                    (client, _) => client.is_some(),
                },
            }),
        }
    }

    /// Whether it is time to end.
    fn over(&self) -> Option<End> {
        let now = Instant::now();
        let is_written = self.down.is_idle() && self.up.is_idle();
        if self.client.closed.is_some() && self.upstream.closed.is_some() && is_written {
            return self.hung_up();
        }
        if let Some(until) = self.until {
            let fits = self.down.is_idle() && self.upstream.fits && !self.turns.is_running();
            if fits || now >= until {
                return Some(End::Leaving);
            }
        }
        if !self.down.is_idle() && now >= self.down.moved + self.client_stall {
            return Some(End::Left);
        }
        if !self.up.is_idle() && now >= self.up.moved + self.idle_timeout {
            return Some(End::Broke);
        }
        let closed = self.client.closed.or(self.upstream.closed);
        if closed.is_some_and(|at| now >= at + PARTING) {
            return self.hung_up();
        }
        (now >= self.silent_since() + self.idle_timeout).then_some(End::Silent)
    }

    /// The next moment at which that may change by itself.
    fn next_deadline(&self) -> Instant {
        let stalled = (!self.down.is_idle()).then(|| self.down.moved + self.client_stall);
        let stuck = (!self.up.is_idle()).then(|| self.up.moved + self.idle_timeout);
        let closed = self.client.closed.or(self.upstream.closed);
        let closed = closed.map(|at| at + PARTING);
        let silent = self.silent_since() + self.idle_timeout;
        let others = [stalled, stuck, closed, self.until];
        others.into_iter().flatten().fold(silent, Instant::min)
    }

    fn silent_since(&self) -> Instant {
        self.down.moved.max(self.up.moved)
    }

    /// Reads the responses that go on to their end, for nobody.
    async fn read_on(&mut self, source: &mut (impl AsyncRead + Unpin)) {
        while self.turns.is_running() {
            self.down.truncate(0);
            let mut nowhere = tokio::io::sink();
            let step = self.down.step(source, &mut nowhere).await;
            let Ok(step) = step else {
                return;
            };
            if self.came_down(step).await.is_err() {
                return;
            }
        }
    }

    async fn leave_client<C: AsyncRead + AsyncWrite>(&self, end: &End, client: &mut Halves<C>) {
        if let End::Left = end {
            return;
        }
        let (source, sink) = client;
        let fits = self.upstream.fits && self.upstream.closed.is_none();
        let mut last = self.down.waiting().to_vec();
        if fits {
            last.extend(end.to_client());
        }
        // Who does not take it in time is left without.
        let _ = timeout(PARTING, part(&last, source, sink)).await;
    }

    async fn leave_upstream<U: AsyncRead + AsyncWrite>(&self, end: &End, upstream: &mut Halves<U>) {
        let (source, sink) = upstream;
        if self.client.fits && self.client.closed.is_none() && self.up.is_idle() {
            let last = end.to_upstream(rand::random());
            let _ = timeout(PARTING, part(&last, source, sink)).await;
        }
    }
}

/// Writes the last bytes and waits for the other side to hang up, so that it has read them: what it
/// sends meanwhile would have them thrown away.
async fn part(
    last: &[u8],
    source: &mut (impl AsyncRead + Unpin),
    sink: &mut (impl AsyncWrite + Unpin),
) {
    let written = async {
        sink.write_all(last).await?;
        sink.flush().await?;
        sink.shutdown().await
    };
    if written.await.is_err() {
        return;
    }
    let mut unread = [0; 4096];
    while source.read(&mut unread).await.is_ok_and(|count| count > 0) {}
}

/// Resolves once the gateway is told to end.
async fn told(cut_off: &mut watch::Receiver<Option<Instant>>) -> Instant {
    match cut_off.wait_for(Option::is_some).await.map(|at| *at) {
        Ok(Some(at)) => at,
        // Who would tell is gone, and the runtime with it.
        _ => std::future::pending().await,
    }
}
