//! Where PostgreSQL's programs are and as whom they run.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Debian keeps the server's programs out of PATH, one folder per major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// An installation of PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Install {
    /// The folder of its programs.
    pub(super) programs: PathBuf,
}

impl Install {
    /// The newest version under Debian's folder, else the one in PATH.
    pub(super) fn find() -> Option<Self> {
        let programs = newest(Path::new(DEBIAN)).or_else(in_path)?;
        Some(Self { programs })
    }

    /// A client program that asks nothing and ignores the caller's `PG…` settings.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

/// How to start a program as the server's user, given a folder that this process made: postgres
/// refuses to run as root.
pub(super) fn as_server_user(own: &Path) -> io::Result<&'static [&'static str]> {
    let root = fs::metadata(own)?.uid() == 0;
    Ok(match root {
        true => &[
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
        ],
        false => &[],
    })
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.filter_map(Result::ok);
    let numbered = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let whole = numbered.filter(|(_, programs)| programs.join("initdb").is_file());
    whole.max().map(|(_, programs)| programs)
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let initdb = std::env::split_paths(&path)
        .map(|folder| folder.join("initdb"))
        .find(|program| program.is_file())?;
    // A link may point into the folder that holds the other programs.
    Some(initdb.canonicalize().ok()?.parent()?.to_path_buf())
}
