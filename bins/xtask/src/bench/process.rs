//! Processes on a processor of their own, and what the kernel says that they cost.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Bench;
use super::gateway::KEY;
use crate::Failure;

/// A process that ends with this.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
    /// Where it tells its metrics, if it has any.
    pub(super) metrics: Option<SocketAddr>,
}

/// An address of this machine on which nobody listens now.
pub(super) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Bench {
    /// Starts a program on a processor, and waits until it listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "no executor runs here, and nothing tells"
    )]
    pub(super) fn start(
        &self,
        processor: u32,
        program: &Path,
        arguments: &[String],
        address: SocketAddr,
    ) -> Result<Process, Failure> {
        let child = on_processor(processor, program)
            .args(arguments)
            .env(KEY.0, KEY.1)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut process = Process {
            child,
            address,
            metrics: None,
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            let ended = process.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                return Err(format!("`{}` does not listen on {address}", program.display()).into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }
}

/// `taskset` runs the program in its own place, so that its id is the program's.
pub(super) fn on_processor(processor: u32, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["--cpu-list", &processor.to_string()])
        .arg(program);
    command
}

impl Process {
    /// Nanoseconds of processor time of all its threads and of its children's, by the scheduler.
    pub(super) fn cpu(&self) -> Result<u64, Failure> {
        let mut sum = 0;
        for id in self.family()? {
            for thread in fs::read_dir(format!("/proc/{id}/task"))? {
                // A thread may end while it is looked at.
                let Ok(line) = fs::read_to_string(thread?.path().join("schedstat")) else {
                    continue;
                };
                let first = line.split(' ').next().unwrap_or_default();
                sum += first.parse::<u64>()?;
            }
        }
        Ok(sum)
    }

    /// Waits until what was done is in the store, which is a part of what it costs.
    #[expect(
        clippy::disallowed_methods,
        reason = "no executor runs here, and nothing tells"
    )]
    pub(super) fn settled(&self) -> Result<(), Failure> {
        let Some(address) = self.metrics else {
            return Ok(());
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while unsettled(address)? > 0 {
            if Instant::now() > deadline {
                return Err("receipts do not reach the store".into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// KiB of memory that are resident once it has begun and does nothing.
    #[expect(
        clippy::disallowed_methods,
        reason = "no executor runs here, and nothing tells"
    )]
    pub(super) fn resident_at_rest(&self) -> Result<u64, Failure> {
        let mut last = self.resident()?;
        // What an idle gateway does now and then may touch a page each time.
        for _ in 0..20 {
            thread::sleep(Duration::from_millis(500));
            let now = self.resident()?;
            if now == last {
                break;
            }
            last = now;
        }
        Ok(last)
    }

    /// KiB of memory that are resident, of it and its children.
    pub(super) fn resident(&self) -> Result<u64, Failure> {
        let mut sum = 0;
        for id in self.family()? {
            let status = fs::read_to_string(format!("/proc/{id}/status"))?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let number = line.unwrap_or_default().trim().trim_end_matches(" kB");
            sum += number.parse::<u64>()?;
        }
        Ok(sum)
    }

    /// nginx works in children.
    fn family(&self) -> Result<Vec<u32>, Failure> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        let children = children.split_whitespace().map(str::parse);
        let mut family = vec![id];
        family.extend(children.collect::<Result<Vec<u32>, _>>()?);
        Ok(family)
    }
}

/// How many receipts of a gateway wait for the store.
fn unsettled(metrics: SocketAddr) -> Result<u64, Failure> {
    let mut socket = TcpStream::connect(metrics)?;
    let ask = format!("GET /metrics HTTP/1.1\r\nhost: {metrics}\r\nconnection: close\r\n\r\n");
    socket.write_all(ask.as_bytes())?;
    let mut said = String::new();
    socket.read_to_string(&mut said)?;
    let figure = |line: &str| {
        line.strip_prefix("tollgate_unsettled_receipts ")?
            .parse()
            .ok()
    };
    let found = said.lines().find_map(figure);
    found.ok_or_else(|| "the metrics do not tell what is unsettled".into())
}

impl Drop for Process {
    fn drop(&mut self) {
        // As an operator ends it, so that it can end its children.
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        if !told.is_ok_and(|told| told.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
