//! What becomes of an answer whose client has left: it is given up, or read on for a while to get the
//! provider's own count.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tollgate_connect::AnswerError;
use tollgate_ledger::receipt::Ending;
use tollgate_policy::group::OnLeave;

use crate::call::Call;
use crate::relay::RelayError;
use crate::upstream::Answer;

/// The answers that are read on, so that a gateway that ends can wait for them.
pub(crate) struct Drains {
    tasks: Mutex<Option<JoinSet<()>>>,
    /// When what goes on is cut off, once the gateway is told to end.
    cut_off: watch::Sender<Option<Instant>>,
}

impl Default for Drains {
    fn default() -> Self {
        Self {
            tasks: Mutex::new(Some(JoinSet::new())),
            cut_off: watch::Sender::new(None),
        }
    }
}

impl Drains {
    /// The gateway is told to end, and has this much time for it.
    pub(crate) fn begin(&self, limit: Duration) {
        let at = Instant::now() + limit;
        self.cut_off.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert(at);
            is_first
        });
    }

    /// Tells when what goes on is cut off.
    pub(crate) fn cut_off(&self) -> watch::Receiver<Option<Instant>> {
        self.cut_off.subscribe()
    }

    /// Runs what goes on after its request was answered. Once the gateway has ended it is dropped.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(tasks), Ok(runtime)) = (tasks.as_mut(), Handle::try_current()) {
            // Those that ended are taken out, so that the set holds no more than go on.
            while tasks.try_join_next().is_some() {}
            tasks.spawn_on(task, &runtime);
        }
    }

    /// The client has left inside the answer. An answer that had ended is not touched, and once the
    /// gateway ends, no answer is read on.
    pub(crate) fn left(&self, answer: Answer, mut call: Box<Call>) {
        let (true, OnLeave::Drain(seconds)) = (call.is_open(), call.on_leave) else {
            // Dropping the answer closes the upstream; the call ends as one whose client left.
            return;
        };
        let drain = async move {
            let limit = Duration::from_secs(u64::from(seconds));
            let ending = match timeout(limit, read_on(answer, &mut call)).await {
                Ok(Ok(())) => Ending::Drained,
                Ok(Err(error)) => RelayError::of(error).ending(),
                Err(_) => Ending::ClientLeft,
            };
            call.end(ending, Instant::now());
        };
        self.run(drain);
    }

    /// Waits for the answers that are read on, and gives up those that take longer. Says whether
    /// all of them came to their end.
    pub(crate) async fn end(&self, limit: Duration) -> bool {
        let tasks = self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut tasks) = tasks else {
            return true;
        };
        let all = async { while tasks.join_next().await.is_some() {} };
        let complete = timeout(limit, all).await.is_ok();
        tasks.shutdown().await;
        complete
    }
}

async fn read_on(mut answer: Answer, call: &mut Call) -> Result<(), AnswerError> {
    while let Some(frame) = answer.frame().await {
        if let Ok(data) = frame?.into_data() {
            call.look_at(data, Instant::now());
        }
    }
    Ok(())
}
