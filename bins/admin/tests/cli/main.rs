//! The real binary, run as an operator and as a script run it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod money;
mod people;
mod refusals;
mod secrets;
mod story;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder with a store of its own.
struct Desk {
    folder: tempfile::TempDir,
}

/// What the binary said and how it ended.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// A desk with account `acme`, group `standard` and model `gpt-4o`, which `main` serves.
    fn furnished() -> Self {
        let desk = Self::new();
        for command in [
            "group create standard",
            "account create acme --unlimited",
            "model create gpt-4o --provider openai --price input=2.5,output=10",
            "upstream create main --dialect openai --provider openai --models gpt-4o=gpt-4o-eu --base-url http://127.0.0.1:1 --allow-private --credential-env NO_SUCH_KEY",
        ] {
            let said = desk.run(command);
            assert_eq!(said.code, 0, "{command}: {said:?}");
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate-admin"));
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_remove("TOLLGATE_STORE")
            .env_remove("TOLLGATE_KEY_FILE")
            .env_remove("TOLLGATE_OUTPUT")
            .env("USER", "ada");
        command
    }

    /// Runs a command line of words without spaces.
    fn run(&self, line: &str) -> Said {
        self.run_words(&line.split_whitespace().collect::<Vec<_>>())
    }

    fn run_words(&self, words: &[&str]) -> Said {
        Said::new(&self.command().args(words).output().unwrap())
    }

    /// Runs a command whose output nobody reads.
    fn unread(&self, line: &str) -> Said {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = self.command();
        Said::new(
            &command
                .args(line.split_whitespace())
                .stdout(writer)
                .output()
                .unwrap(),
        )
    }

    /// Runs a command that must succeed, and reads the JSON that it prints.
    fn json(&self, line: &str) -> Value {
        let said = self.run(&format!("--output json {line}"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{line}: {said:?}"))
    }

    /// Everything in the folder, by file name.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        read(self.folder.path())
    }
}

impl Said {
    fn new(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }
}

fn read(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect()
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    let found = document.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {pointer} in {document}"))
}
