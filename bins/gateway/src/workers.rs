//! The threads that serve calls. Each has a runtime of its own, its own connections to upstreams, and
//! a listener beside the others', so that a call stays on one thread and waits for no lock of
//! another. Whatever deals with the store runs elsewhere.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tollgate_listen::{Drained, Gate, Listener, bind_shared, serve};
use tollgate_proxy::Proxy;

/// Workers whose sockets are bound, and that have nothing to serve yet.
pub(crate) struct Workers {
    address: SocketAddr,
    seats: Vec<Seat>,
}

/// What one worker serves.
pub(crate) struct Job {
    pub(crate) proxy: Proxy,
    pub(crate) gate: Gate,
    pub(crate) settings: tollgate_listen::Settings,
    /// Turns true when it is time to end.
    pub(crate) over: watch::Receiver<bool>,
}

struct Seat {
    job: oneshot::Sender<Job>,
    drained: oneshot::Receiver<Drained>,
}

impl Workers {
    /// Starts so many workers, at least one, which listen on one address together.
    ///
    /// # Errors
    /// Where a thread cannot be started, or the address cannot be bound.
    pub(crate) async fn bind(address: SocketAddr, count: usize) -> io::Result<Self> {
        let (first, address) = Seat::take(0, address).await?;
        let mut seats = vec![first];
        for index in 1..count {
            seats.push(Seat::take(index, address).await?.0);
        }
        Ok(Self { address, seats })
    }

    /// The address on which calls are served.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has each worker serve, until what it serves is over, and tells how they ended.
    pub(crate) async fn serve(self, job: impl Fn() -> Job) -> Drained {
        let mut all = Vec::with_capacity(self.seats.len());
        for seat in self.seats {
            // A worker that is gone already says so through the other channel.
            let _ = seat.job.send(job());
            all.push(seat.drained);
        }
        let mut cut = 0;
        for drained in all {
            match drained.await {
                Ok(Drained::Complete) => {}
                Ok(Drained::CutOff { connections }) => cut += connections.max(1),
                Err(_) => {
                    tracing::error!("a worker broke");
                    cut += 1;
                }
            }
        }
        match cut {
            0 => Drained::Complete,
            connections => Drained::CutOff { connections },
        }
    }
}

impl Seat {
    async fn take(index: usize, address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (bound, is_bound) = oneshot::channel();
        let (job, given) = oneshot::channel();
        let (ended, drained) = oneshot::channel();
        let work = move || {
            let drained = work(&runtime, address, bound, given);
            // Nobody listens where the gateway could not start.
            let _ = ended.send(drained);
        };
        thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(work)?;
        let gone = |_| io::Error::other("a worker ended before it began");
        let address = is_bound.await.map_err(gone)??;
        Ok((Self { job, drained }, address))
    }
}

fn work(
    runtime: &Runtime,
    address: SocketAddr,
    bound: oneshot::Sender<io::Result<SocketAddr>>,
    given: oneshot::Receiver<Job>,
) -> Drained {
    runtime.block_on(async {
        let listener = bind_shared(address);
        let told = listener.as_ref().map(Listener::local_addr);
        let told = told.map_err(|error| io::Error::new(error.kind(), error.to_string()));
        let is_heard = bound.send(told.and_then(|address| address)).is_ok();
        match (listener, is_heard, given.await) {
            (Ok(listener), true, Ok(job)) => job.run(listener).await,
            // Nothing was served.
            _ => Drained::Complete,
        }
    })
}

impl Job {
    async fn run(self, listener: Listener) -> Drained {
        let Self {
            proxy,
            gate,
            settings,
            mut over,
        } = self;
        let (proxy, limit) = (Arc::new(proxy), settings.drain);
        let ending = async move {
            // The sender outlives the workers; if it does not, it is over too.
            let _ = over.wait_for(|over| *over).await;
            Instant::now() + limit
        };
        let (told, until) = oneshot::channel();
        let ended = async move {
            let _ = told.send(ending.await);
        };
        let serving = serve(Arc::clone(&proxy), listener, gate, settings, ended);
        let drained = tokio::select! {
            drained = serving => drained,
            () = proxy.tend() => Drained::Complete,
        };
        // Clients that left do not wait for anything, but what they used is still being counted.
        let until = until.await.unwrap_or_else(|_| Instant::now());
        let left = until.saturating_duration_since(Instant::now());
        if proxy.end(left).await {
            drained
        } else {
            Drained::CutOff { connections: 0 }
        }
    }
}
