//! The threads that serve calls. Each has a runtime of its own, its own connections to upstreams, and
//! a listener beside the others', so that a call stays on one thread and waits for no lock of
//! another. Whatever deals with the store runs elsewhere.

use std::io;
use std::net::{self, SocketAddr};
use std::sync::Arc;
use std::thread;

use tokio::net::TcpListener;
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
    /// What connections keep to, as it stands when each begins.
    pub(crate) settings: watch::Receiver<tollgate_listen::Settings>,
    /// Turns true when it is time to end.
    pub(crate) over: watch::Receiver<bool>,
}

/// Where a worker listens.
enum Place {
    /// On a socket of its own, beside others on the same address.
    Address(SocketAddr),
    /// On a socket that it shares with others.
    Socket(net::TcpListener),
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
        let (first, address) = Seat::take(0, Place::Address(address)).await?;
        let mut seats = vec![first];
        for index in 1..count {
            seats.push(Seat::take(index, Place::Address(address)).await?.0);
        }
        Ok(Self { address, seats })
    }

    /// Starts so many workers, at least one for each of these sockets, which share them.
    ///
    /// # Errors
    /// Where there is no socket, a thread cannot be started, or a socket cannot be shared.
    pub(crate) async fn share(sockets: &[net::TcpListener], count: usize) -> io::Result<Self> {
        let first = sockets.first().ok_or(io::ErrorKind::NotFound)?;
        let address = first.local_addr()?;
        let mut seats = Vec::new();
        let each = sockets.iter().cycle().take(count.max(sockets.len()));
        for (index, socket) in each.enumerate() {
            let place = Place::Socket(socket.try_clone()?);
            seats.push(Seat::take(index, place).await?.0);
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
    async fn take(index: usize, place: Place) -> io::Result<(Self, SocketAddr)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (bound, is_bound) = oneshot::channel();
        let (job, given) = oneshot::channel();
        let (ended, drained) = oneshot::channel();
        let work = move || {
            let drained = work(&runtime, place, bound, given);
            // What was cut off is dropped here, and settled by that, before the end is told.
            runtime.shutdown_background();
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

impl Place {
    /// Needs the runtime of the worker.
    fn listen(self) -> io::Result<Listener> {
        match self {
            Self::Address(address) => bind_shared(address),
            Self::Socket(socket) => Ok(TcpListener::from_std(socket)?.into()),
        }
    }
}

fn work(
    runtime: &Runtime,
    place: Place,
    bound: oneshot::Sender<io::Result<SocketAddr>>,
    given: oneshot::Receiver<Job>,
) -> Drained {
    runtime.block_on(async {
        let listener = place.listen();
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
        let proxy = Arc::new(proxy);
        let known = settings.clone();
        let ending = async move {
            // The sender outlives the workers; if it does not, it is over too.
            let _ = over.wait_for(|over| *over).await;
            let limit = known.borrow().drain;
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
