//! A gateway that runs, with all that goes on beside its calls, until it is told to end.

use std::sync::Arc;

use tokio::sync::watch;
use tollgate_ledger::keeper;
use tollgate_listen::Drained;
use tollgate_proxy::Proxy;
use tollgate_rights::follow;

use super::Gateway;
use crate::turns::Beat;
use crate::upkeep::Telling;
use crate::workers::Job;
use crate::{clock, notify, observe};

impl Gateway {
    /// Serves until `ended` is ready, drains, and writes what is left to write.
    pub(crate) async fn run(self, ended: impl Future<Output = ()>) -> Drained {
        let (over, is_over) = watch::channel(false);
        let beat = Beat::new(clock::now());
        let following = tokio::spawn(follow::follow(
            Arc::clone(&self.services.rights),
            turned(is_over.clone()),
        ));
        let telling = Telling::new(&self.services, self.workers.address());
        let upkeep = self
            .upkeep
            .run(self.store, telling, turned(is_over.clone()));
        let upkeep = tokio::spawn(upkeep);
        let beating = beat.clone();
        let keeping = tokio::spawn(keeper::keep(
            self.services.ledger.clone(),
            Arc::clone(&self.book) as _,
            move || {
                let now = clock::now();
                beating.at(now);
                now
            },
            turned(is_over.clone()),
        ));
        let (responses, until) = (
            Arc::clone(&self.services.responses),
            turned(is_over.clone()),
        );
        let noting = tokio::spawn(async move { responses.keep(clock::now, until).await });
        let observing = tokio::spawn(observe::serve(
            Arc::clone(&self.observed),
            self.observing,
            turned(is_over),
        ));
        let (journals, journal, book) = (self.journals, self.journal, self.book);
        let tending = tokio::spawn(async move { journals.tend(&journal, &*book).await });
        let (health, rights) = (&self.services.health, &self.services.rights);
        let (health, rights) = (Arc::clone(health), Arc::clone(rights));
        let forgetting = tokio::spawn(async move { health.tend(&rights).await });
        let watching = self.certificates.map(|renewed| {
            tokio::spawn(async move {
                renewed.watch().await;
            })
        });
        let is_alive = move || beat.is_alive(clock::now());
        let guarding = tokio::spawn(notify::watchdog(is_alive));

        let (ending, is_ending) = watch::channel(false);
        let (services, hash_key) = (self.services, self.hash_key);
        let (settings, listening, gate) = (self.settings, self.listening, self.gate);
        let job = || Job {
            proxy: Proxy::new(
                services.clone(),
                Arc::clone(&hash_key),
                Arc::clone(&settings),
                clock::now,
            ),
            gate: gate.clone(),
            settings: listening.clone(),
            over: is_ending.clone(),
        };
        let observed = self.observed;
        let ended = async {
            ended.await;
            notify::stopping();
            observed.drain();
            ending.send_replace(true);
        };
        let (drained, ()) = tokio::join!(self.workers.serve(job), ended);
        tending.abort();
        over.send_replace(true);
        // What is left to write is bounded by the store's own deadlines.
        let observing = observing.await;
        for ended in [
            following.await,
            keeping.await,
            noting.await,
            upkeep.await,
            observing,
        ] {
            if let Err(error) = ended {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a task of the gateway broke"
                );
            }
        }
        for endless in [Some(guarding), Some(forgetting), watching]
            .into_iter()
            .flatten()
        {
            endless.abort();
        }
        drained
    }
}

/// Resolves when it turns true. The sender outlives every wait; if it does not, it is over too.
async fn turned(mut over: watch::Receiver<bool>) {
    let _ = over.wait_for(|over| *over).await;
}
