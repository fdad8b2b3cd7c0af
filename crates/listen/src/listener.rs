//! Listening: sockets are accepted under a bound, until the listener is told to end.

use std::collections::HashMap;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

use crate::connection::Shared;
use crate::gate::Gate;
use crate::pulse::Pulse;
use crate::service::{Ending, Notice, Service};
use crate::settings::Live;
use crate::sockets::Listener;
#[cfg(target_os = "linux")]
use crate::sockets::look_for;

/// A pause after a failed accept: the usual cause is that no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every connection ended by itself.
    Complete,
    /// The time was up.
    CutOff {
        /// Connections that were cut off.
        connections: usize,
    },
}

/// Serves requests until `ended` is ready, and then lets those that run finish, for a bounded time.
///
/// Several listeners may be served at once, also in several runtimes; their gates may share places.
/// Answers go on where `ended` is ready, new connections are not accepted, HTTP/1 answers close their
/// connection, HTTP/2 connections are told to go away, and those without a request end.
///
/// Settings may be replaced meanwhile, all but how many connections are refused with an answer: each
/// connection keeps to those that it began with.
pub async fn serve<S: Service>(
    service: Arc<S>,
    listener: impl Into<Listener>,
    gate: Gate,
    settings: impl Into<Live>,
    ended: impl Future<Output = ()>,
) -> Drained {
    let listener = listener.into();
    let live: Live = settings.into();
    let settings = live.current();
    if let Err(error) = listener.tune() {
        // Slower, and otherwise fine.
        tracing::warn!(error = &error as &dyn Error, "a listener cannot be tuned");
    }
    let refusals = Arc::new(Semaphore::new(settings.refusals));
    let mut connections = Connections {
        shared: Arc::new(Shared::new(service, gate, settings)),
        live,
        refusals,
        tasks: JoinSet::new(),
        pulses: HashMap::new(),
    };
    let mut ended = pin!(ended);
    loop {
        tokio::select! {
            biased;
            () = &mut ended => break,
            Some(over) = connections.tasks.join_next_with_id() => connections.forget(over.map(|(id, ())| id)),
            (socket, remote) = accept(&listener) => connections.admit(socket, remote),
        }
    }
    let until = Instant::now() + connections.live.current().drain;
    connections.tell();
    // Those that the system has accepted already have been promised an answer.
    let admit = |socket, remote| connections.admit(socket, remote);
    listener.last(admit).await;
    tracing::info!(connections = connections.pulses.len(), "draining");
    connections.tell();
    connections.drain(until).await
}

struct Connections<S> {
    shared: Arc<Shared<S>>,
    live: Live,
    refusals: Arc<Semaphore>,
    tasks: JoinSet<()>,
    pulses: HashMap<Id, Arc<Pulse>>,
}

impl<S: Service> Connections<S> {
    fn admit(&mut self, socket: TcpStream, remote: SocketAddr) {
        if let Some(settings) = self.live.replaced() {
            self.shared = Arc::new(self.shared.with(settings));
        }
        let shared = Arc::clone(&self.shared);
        let Some(place) = shared.gate.enter() else {
            return self.refuse(socket, remote);
        };
        // Without it, it is only noticed later that somebody is gone.
        #[cfg(target_os = "linux")]
        let _ = look_for(&socket, shared.settings.client_stall);
        let pulse = Arc::new(Pulse::default());
        let own = Arc::clone(&pulse);
        let task = self.tasks.spawn(async move {
            shared.service.noticed(Notice::Opened);
            let mut over = Over {
                service: &*shared.service,
                ending: Ending::CutOff,
            };
            over.ending = shared.serve(socket, remote.ip(), own).await;
            // Strangers can cause any of them at will, so it is worth no more than a debug line.
            tracing::debug!(%remote, ending = ?over.ending, "a connection ended");
            drop(place);
        });
        self.pulses.insert(task.id(), pulse);
    }

    fn refuse(&mut self, socket: TcpStream, remote: SocketAddr) {
        let room = Arc::clone(&self.refusals).try_acquire_owned().ok();
        let answered = room.is_some();
        self.shared.service.noticed(Notice::Overloaded { answered });
        if let Some(room) = room {
            let shared = Arc::clone(&self.shared);
            self.tasks.spawn(async move {
                shared.refuse(socket, remote.ip()).await;
                drop(room);
            });
        }
    }

    fn forget(&mut self, over: Result<Id, tokio::task::JoinError>) {
        let id = over.unwrap_or_else(|error| error.id());
        self.pulses.remove(&id);
    }

    /// Tells each connection that the end has come.
    fn tell(&self) {
        self.shared.service.noticed(Notice::Draining);
        for pulse in self.pulses.values() {
            pulse.drain();
        }
    }

    async fn drain(mut self, until: Instant) -> Drained {
        let all = async {
            while let Some(over) = self.tasks.join_next_with_id().await {
                self.forget(over.map(|(id, ())| id));
            }
        };
        if timeout_at(until, all).await.is_ok() {
            return Drained::Complete;
        }
        let connections = self.pulses.len();
        for pulse in self.pulses.values() {
            pulse.cut();
        }
        self.tasks.shutdown().await;
        Drained::CutOff { connections }
    }
}

/// Tells how a connection ended, also where its task is aborted.
struct Over<'a, S: Service> {
    service: &'a S,
    ending: Ending,
}

impl<S: Service> Drop for Over<'_, S> {
    fn drop(&mut self) {
        self.service.noticed(Notice::Ended(self.ending));
    }
}

/// The next connection. It does not fail: what is wrong now may be right a moment later.
async fn accept(listener: &Listener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one(&error) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn Error,
                    "no connection can be accepted"
                );
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the error says something of the connection that was accepted, and nothing of the next.
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
