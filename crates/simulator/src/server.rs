//! A running simulator: its socket, its start and its end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::exchange::App;
use crate::journal::{Journal, Seen, Tally};
use crate::options::Options;
use crate::routes::routes;

/// How long [`Simulator::stop`] waits for answers in flight.
const GRACE: Duration = Duration::from_secs(5);

/// A provider that answers on a socket until it is stopped or dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    journal: Journal,
    stopping: watch::Sender<bool>,
    serving: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// Listens, and answers from a task of the current tokio runtime. HTTP/1.1, and HTTP/2 with
    /// prior knowledge.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let (stopping, stopped) = watch::channel(false);
        let journal = Journal::new();
        let app = App {
            credential: options.credential.map(Into::into),
            pace: options.pace,
            journal: journal.clone(),
            stopping: stopped.clone(),
        };
        // Without this, the kernel would hold small chunks back; a socket that refuses it works.
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        let server = axum::serve(listener, routes(app)).with_graceful_shutdown(ended(stopped));
        let serving = tokio::spawn(async { server.await });
        Ok(Self {
            address,
            journal,
            stopping,
            serving,
        })
    }

    /// Where it listens, with the port that it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`, without `/v1` and without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last requests, oldest first: at most 1,000, and at most 64 MiB of bodies.
    pub fn seen(&self) -> Vec<Seen> {
        self.journal.seen()
    }

    /// Calls answered since the start, refusals included.
    pub fn count(&self) -> u64 {
        self.tally().answered
    }

    /// All counts since the start.
    pub fn tally(&self) -> Tally {
        self.journal.tally()
    }

    /// Waits until the counts are as wanted, for tests that would otherwise sleep.
    ///
    /// Cancel safe.
    pub async fn tally_when(&self, mut is_wanted: impl FnMut(&Tally) -> bool) -> Tally {
        let mut watch = self.journal.watch();
        let found = watch.wait_for(|tally| is_wanted(tally)).await;
        found.map_or_else(|_| self.tally(), |tally| *tally)
    }

    /// Accepts no more connections, lets answers in flight end for up to five seconds, answers
    /// calls that hang with 503, and returns.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
    }
}

/// A simulator that is dropped closes its channel, which ends it as well.
async fn ended(mut stopping: watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
