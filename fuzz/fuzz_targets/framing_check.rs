//! The check of HTTP/1 framing never panics, does not depend on where the bytes are cut, and what
//! passes is what a plain reader of the same bytes finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_listen::framing::{Guard, path};

fuzz_target!(|data: (u8, &[u8])| {
    let (piece, bytes) = data;
    let whole = walk(bytes, bytes.len().max(1));
    assert_eq!(whole, walk(bytes, usize::from(piece).max(1)));
    assert_eq!(whole, walk(bytes, 1));
    let (passed, _) = whole;
    if let Some(path) = path(bytes) {
        assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    let mut rest = &bytes[..passed];
    while let Some(end) = message_end(rest) {
        rest = &rest[end..];
    }
});

/// How much passes, and whether something was refused.
fn walk(bytes: &[u8], piece: usize) -> (usize, bool) {
    let mut guard = Guard::new(8, 512);
    let (mut passed, mut come) = (0, 0);
    while come < bytes.len() {
        come = bytes.len().min(come + piece);
        let passage = guard.push(&bytes[passed..come]);
        passed += passage.bytes;
        assert!(passed <= come);
        if passage.rejected.is_some() {
            assert_eq!(guard.push(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").bytes, 0);
            return (passed, true);
        }
    }
    (passed, false)
}

/// Where the first message ends, read without any care: lines, one length, or chunks. None where it
/// does not end.
fn message_end(bytes: &[u8]) -> Option<usize> {
    let blank = if bytes.starts_with(b"\r\n") { 2 } else { 0 };
    let end = blank + find(&bytes[blank..], b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&bytes[blank..end]).ok();
    // Bytes beyond ASCII are allowed in values; nothing that counts has them.
    let head = head.map_or_else(
        || String::from_utf8_lossy(&bytes[blank..end]).into_owned(),
        str::to_owned,
    );
    let head = head.to_ascii_lowercase();
    assert!(!head.replace("\r\n", "").contains(['\r', '\n', '\0']));
    assert_eq!(head.matches("\r\nhost:").count(), 1);
    let lengths: Vec<u64> = values(&head, "content-length");
    let chunked = head.contains("\r\ntransfer-encoding:");
    assert!(lengths.len() + usize::from(chunked) <= 1);
    if head.contains("\r\nupgrade:") {
        return None;
    }
    if !chunked {
        let length = usize::try_from(lengths.first().copied().unwrap_or(0)).ok()?;
        return end.checked_add(length).filter(|end| *end <= bytes.len());
    }
    let mut at = end;
    loop {
        let line = at + find(&bytes[at..], b"\r\n")?;
        let size = String::from_utf8_lossy(&bytes[at..line]);
        let size = size.split(';').next().unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        at = line + 2;
        if size == 0 {
            let trailers = &bytes[at..];
            return if trailers.starts_with(b"\r\n") {
                Some(at + 2)
            } else {
                Some(at + find(trailers, b"\r\n\r\n")? + 4)
            };
        }
        at = at.checked_add(size)?;
        let behind = bytes.get(at..at + 2)?;
        assert_eq!(behind, b"\r\n");
        at += 2;
    }
}

fn values(head: &str, name: &str) -> Vec<u64> {
    let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value.trim().parse().unwrap())
        .collect()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|found| found == wanted)
}
