//! Access lines in a place of their own: written by a thread of its own, so that no call waits for a
//! disk. Where it cannot keep up, lines are lost and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Stdout, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

use crate::config;
use crate::failure::Failure;

/// Lines that may wait to be written: some 40 MB at the most.
const MOST_LINES: usize = 65_536;

/// A place where access lines go.
pub(crate) struct AccessLog {
    state: Arc<State>,
    waiting: ErrorCounter,
    /// Taken when it ends, which writes what waits.
    guard: Mutex<Option<WorkerGuard>>,
}

#[derive(Debug, Default)]
struct State {
    reopen: AtomicBool,
    unwritten: AtomicU64,
}

/// What the thread writes to.
struct Lines {
    to: To,
    state: Arc<State>,
    /// Whether the last line could not be written.
    failed: bool,
}

enum To {
    Stdout(Stdout),
    File(PathBuf, BufWriter<File>),
}

impl AccessLog {
    /// Opens the place. The file is made if there is none, for its owner to read.
    pub(crate) fn open(config: &config::AccessLog) -> Result<(Self, NonBlocking), Failure> {
        let to = match config {
            config::AccessLog::Stdout => To::Stdout(io::stdout()),
            config::AccessLog::File(path) => {
                let file = append(path).map_err(|error| {
                    let path = path.display();
                    Failure::start(format!("the access log `{path}` cannot be opened"), error)
                })?;
                To::File(path.clone(), file)
            }
        };
        let state = Arc::new(State::default());
        let lines = Lines {
            to,
            state: Arc::clone(&state),
            failed: false,
        };
        let builder = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(MOST_LINES)
            .thread_name("access-log");
        let (writer, guard) = builder.finish(lines);
        let log = Self {
            state,
            waiting: writer.error_counter(),
            guard: Mutex::new(Some(guard)),
        };
        Ok((log, writer))
    }

    /// Has the file be opened anew before the next line: it may have been moved away.
    pub(crate) fn reopen(&self) {
        self.state.reopen.store(true, Ordering::Relaxed);
    }

    /// Lines that were lost since the start: they came too fast, or could not be written.
    pub(crate) fn lost(&self) -> u64 {
        let dropped = u64::try_from(self.waiting.dropped_lines()).unwrap_or(u64::MAX);
        dropped.saturating_add(self.state.unwritten.load(Ordering::Relaxed))
    }

    /// Writes what waits. What comes later is lost.
    pub(crate) fn end(&self) {
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        drop(guard.take());
    }
}

impl Lines {
    fn renew(&mut self) {
        let To::File(path, file) = &mut self.to else {
            return;
        };
        match append(path) {
            Ok(new) => *file = new,
            Err(error) => tracing::error!(
                path = %path.display(),
                error = &error as &dyn std::error::Error,
                "the access log cannot be opened again: the old file is written on"
            ),
        }
    }

    fn noted(&mut self, result: io::Result<()>) {
        if let Err(error) = &result {
            self.state.unwritten.fetch_add(1, Ordering::Relaxed);
            // Once, not for each line.
            if !self.failed {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "access lines cannot be written, and are lost"
                );
            }
        }
        self.failed = result.is_err();
    }
}

impl Write for Lines {
    /// Takes the line, whatever becomes of it: the thread has nobody to give it back to.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.state.reopen.swap(false, Ordering::Relaxed) {
            let _ = self.flush();
            self.renew();
        }
        let result = match &mut self.to {
            To::Stdout(stdout) => stdout.write_all(line),
            To::File(_, file) => file.write_all(line),
        };
        self.noted(result);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = match &mut self.to {
            To::Stdout(stdout) => stdout.flush(),
            To::File(_, file) => file.flush(),
        };
        self.noted(result);
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<BufWriter<File>> {
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).mode(0o640).open(path)?;
    Ok(BufWriter::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> (AccessLog, NonBlocking) {
        let opened = AccessLog::open(&config::AccessLog::File(path.into()));
        opened.unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[test]
    fn lines_go_to_the_new_file_after_the_old_one_was_moved_away() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
        let (log, mut writer) = open(&path);
        writer.write_all(b"one\n").unwrap();
        while std::fs::read(&path).unwrap().is_empty() {
            std::thread::yield_now();
        }
        std::fs::rename(&path, &moved).unwrap();
        log.reopen();
        writer.write_all(b"two\n").unwrap();
        log.end();
        assert_eq!(std::fs::read(&moved).unwrap(), b"one\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"two\n");
        assert_eq!(log.lost(), 0);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let (log, mut writer) = open(Path::new("/dev/full"));
        writer.write_all(b"one\n").unwrap();
        log.end();
        assert!(log.lost() > 0);
    }
}
