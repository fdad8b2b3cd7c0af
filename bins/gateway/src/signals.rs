//! Signals: SIGTERM and Ctrl-C end the gateway, and at once when they come again; SIGHUP has it read
//! its configuration again, SIGUSR1 open its access log again.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What the gateway is told by its operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Let what runs finish, and end.
    End,
    /// Read the configuration again.
    Reload,
    /// Open the access log again.
    Reopen,
}

/// The signals that are heard.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    user: Signal,
}

impl Signals {
    /// From now on signals are heard instead of doing what they do by themselves.
    ///
    /// # Errors
    /// Where the handlers cannot be installed.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::End,
            _ = self.interrupt.recv() => Told::End,
            _ = self.hangup.recv() => Told::Reload,
            _ = self.user.recv() => Told::Reopen,
        }
    }

    /// Resolves when the gateway is to end. What else it is told meanwhile is told by
    /// [`next`](Self::next) later.
    pub(crate) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
