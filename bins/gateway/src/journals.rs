//! Journals beside each other: each process of a gateway has one to itself, and what a process left
//! in its own when it ended is settled by any that goes on.

use std::collections::HashMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval};
use tollgate_ledger::book::Book;
use tollgate_ledger::{Ledger, OpenError, Options, adopt};

use crate::clock;
use crate::config::Config;
use crate::failure::Failure;

/// One for the process that serves, one for its successor, and some for those that still drain.
const MOST: usize = 8;
/// How often the others are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// The journals of a gateway: the one that is configured, and those with a number behind its name.
#[derive(Debug, Clone)]
pub(crate) struct Journals {
    first: PathBuf,
    options: Options,
}

/// What became of a journal as it was last written.
#[derive(Debug, Clone, Copy)]
struct Seen {
    written: SystemTime,
    /// Whether there is nothing more to try.
    is_over: bool,
}

impl Journals {
    /// As they are configured.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            first: config.journal.clone(),
            options: Options {
                most_receipts: config.most_receipts,
                ..Options::default()
            },
        }
    }

    /// Opens the first one that no other process has, which settles what its last run left. Gives
    /// its path too.
    ///
    /// # Errors
    /// Where one cannot be opened, or all of them are in use.
    pub(crate) async fn open(&self, book: &dyn Book) -> Result<(Ledger, PathBuf), Failure> {
        let mut in_use = None;
        for path in self.paths() {
            let opened = Ledger::open(book, &path, rand::random(), &self.options, clock::now());
            match opened.await {
                Ok(ledger) => return Ok((ledger, path)),
                Err(error) if error.is_in_use() => in_use = Some(error),
                Err(error) => return Err(cannot(error)),
            }
        }
        let none = || Failure::start("the ledger has no journal", "there is no path");
        Err(in_use.map_or_else(none, cannot))
    }

    /// Settles what processes left in the other journals once they have ended. Never ends.
    pub(crate) async fn tend(&self, own: &Path, book: &dyn Book) {
        let mut seen = HashMap::new();
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for path in self.paths().filter(|path| path != own) {
                self.settle(&path, book, &mut seen).await;
            }
        }
    }

    /// A journal that was not written since it was settled is left alone.
    async fn settle(&self, path: &Path, book: &dyn Book, seen: &mut HashMap<PathBuf, Seen>) {
        // Taken before: what settling itself writes costs one more look, and nothing is missed.
        let Ok(written) = std::fs::metadata(path).and_then(|file| file.modified()) else {
            return;
        };
        let before = seen.get(path).filter(|seen| seen.written == written);
        if before.is_some_and(|seen| seen.is_over) {
            return;
        }
        let mut is_over = true;
        match adopt(book, path, self.options.most_receipts, clock::now()).await {
            Ok(None) => return,
            Ok(Some(0)) => {}
            Ok(Some(receipts)) => tracing::info!(
                journal = %path.display(),
                receipts,
                "what a process left that has ended is settled"
            ),
            Err(error) => {
                // A file that cannot be understood stays so.
                is_over = !error.may_pass();
                // Once, not every time.
                if before.is_none() {
                    tracing::error!(
                        journal = %path.display(),
                        error = &error as &dyn Error,
                        "what a process left that has ended cannot be settled"
                    );
                }
            }
        }
        seen.insert(path.to_owned(), Seen { written, is_over });
    }

    fn paths(&self) -> impl Iterator<Item = PathBuf> {
        let numbered = (1..MOST).map(|number| {
            let mut path = self.first.clone().into_os_string();
            path.push(format!(".{number}"));
            PathBuf::from(path)
        });
        std::iter::once(self.first.clone()).chain(numbered)
    }
}

fn cannot(error: OpenError) -> Failure {
    Failure::start("the ledger cannot be opened", error)
}

#[cfg(test)]
mod tests;
