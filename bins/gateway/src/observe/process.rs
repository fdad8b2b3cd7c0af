//! What the operating system says of this process, under the names that every Prometheus client uses.
//! Where it does not say, as on systems without `/proc`, a line is missing.

use std::fmt::Result;
use std::fs;

use tollgate_policy::time::Timestamp;

use super::text::Text;

/// `/proc` tells of memory in these, whatever it calls them.
const KIB: u64 = 1024;

pub(super) fn write(text: &mut Text<'_>, started: Timestamp) -> Result {
    if let Some(bytes) = memory("VmRSS:") {
        let help = "Memory of the process that is in use";
        text.gauge("process_resident_memory_bytes", help, bytes)?;
    }
    if let Some(bytes) = memory("VmSize:") {
        let help = "Address space of the process";
        text.gauge("process_virtual_memory_bytes", help, bytes)?;
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let help = "Open file descriptors, one of which is there to count them";
        text.gauge("process_open_fds", help, open.count())?;
    }
    if let Some(most) = most_files() {
        text.gauge("process_max_fds", "The most file descriptors", most)?;
    }
    let help = "When the process started, in seconds since 1970";
    let micros = started.as_micros();
    let started = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.gauge("process_start_time_seconds", help, started)
}

fn memory(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * KIB)
}

fn most_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_memory_and_files() {
        assert!(memory("VmRSS:").is_some_and(|bytes| bytes > 100_000));
        assert!(most_files().is_some_and(|most| most > 0));
        let mut page = String::new();
        write(&mut Text(&mut page), Timestamp::from_micros(1_000_250)).unwrap();
        assert!(page.contains("\nprocess_open_fds "), "{page}");
        assert!(page.contains("\nprocess_start_time_seconds 1.000250\n"));
    }
}
