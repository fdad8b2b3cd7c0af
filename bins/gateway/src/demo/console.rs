//! The demo's console: over the same store, on an address of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tollgate_admin_core::{Context, Store, link};
use tollgate_console::{Console, Settings};
use tollgate_listen::{Gate, bind, serve};

use crate::clock;
use crate::failure::Failure;

/// Connections at once: it is for those who try.
const CONNECTIONS: usize = 100;

/// A console that is being served.
pub(super) struct Serving {
    pub(super) address: SocketAddr,
    /// What makes the first owner; none where the store has one.
    pub(super) code: Option<String>,
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves a console, whose snippets name this gateway.
pub(super) async fn start(
    context: &Context,
    store: Store,
    listen: SocketAddr,
    gateway: SocketAddr,
) -> Result<Serving, Failure> {
    let cannot = |what: &str| format!("the console cannot {what}");
    let listener = bind(listen)
        .map_err(|error| Failure::start(cannot(&format!("listen on {listen}")), error))?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::start(cannot("tell its address"), error))?;
    let link = link::init(context)
        .await
        .map_err(|error| Failure::start(cannot("be given an owner"), error))?;
    let settings = Settings {
        gateway: format!("http://{gateway}"),
        ..Settings::default()
    };
    let console = Arc::new(Console::new(store, clock::now, settings));
    let (end, ended) = oneshot::channel();
    let task = tokio::spawn(async move {
        let gate = Gate::new(CONNECTIONS);
        let limits = tollgate_listen::Settings::default();
        let ended = async {
            // It ends with its sender, too.
            let _ = ended.await;
        };
        serve(console, listener, gate, limits, ended).await;
    });
    Ok(Serving {
        address,
        code: link.map(|link| link.code.reveal().to_owned()),
        end,
        task,
    })
}

impl Serving {
    /// Lets its last answers end.
    pub(super) async fn end(self) {
        // It may have ended by itself.
        let _ = self.end.send(());
        let _ = self.task.await;
    }
}
