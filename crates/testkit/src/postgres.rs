//! Throw-away PostgreSQL servers: one per test process, one empty database per test.
//!
//! The server lives as long as the process that started it and no longer, however that process
//! ends; its files go with it. It listens on loopback only and trusts whoever connects.

mod install;

use std::io;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use install::Install;

/// Starts the server, waits for the end of its standard input, stops it and removes its files.
const KEEPER: &str = include_str!("postgres/keeper.sh");

/// A cold machine needs several seconds for `initdb`.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// How often another port is tried where someone took the free one first.
const ATTEMPTS: usize = 3;

/// Why there is no server or no database.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No PostgreSQL is installed.
    #[error("no initdb under /usr/lib/postgresql or in PATH; run tests/run --setup-only")]
    NotInstalled,
    /// The server ended before it was ready.
    #[error("postgres did not start: {0}")]
    NotStarted(String),
    /// A statement was refused.
    #[error("psql failed: {0}")]
    Statement(String),
    /// A process or a file could not be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Postgres {
    install: Install,
    /// A shell whose standard input this process holds open: the kernel closes it when this
    /// process ends, and that is the shell's sign to clean up.
    keeper: Child,
    socket_dir: String,
    port: u16,
    databases: AtomicU32,
}

/// A new empty database on the server that this process shares, as a connection URL.
///
/// # Panics
/// Where the server cannot be started or refuses.
#[allow(clippy::panic, reason = "a test without its database has to fail")]
pub fn fresh_database() -> String {
    static SHARED: OnceLock<Result<Postgres, PostgresError>> = OnceLock::new();
    let server = SHARED.get_or_init(Postgres::start).as_ref();
    let url = match server {
        Ok(server) => server.fresh_database(),
        Err(error) => panic!("{error}"),
    };
    url.unwrap_or_else(|error| panic!("{error}"))
}

impl Postgres {
    /// Starts a server of one's own, for tests that stop it; others share one through
    /// [`fresh_database`].
    ///
    /// # Errors
    /// Where PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self, PostgresError> {
        let install = Install::find().ok_or(PostgresError::NotInstalled)?;
        let mut attempt = 1;
        loop {
            match Self::start_with(install.clone()) {
                Err(PostgresError::NotStarted(log))
                    if attempt < ATTEMPTS && log.contains("Address already in use") =>
                {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn start_with(install: Install) -> Result<Self, PostgresError> {
        let port = free_port()?;
        let directory = tempfile::Builder::new()
            .prefix("tollgate-pg-")
            .tempdir()?
            .keep();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "tollgate-postgres-keeper"])
            .arg(&install.programs)
            .arg(&directory)
            .arg(port.to_string())
            .args(install::as_server_user(&directory)?)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // An interrupt from the keyboard is for the tests: the keeper still has work then.
            .process_group(0)
            .spawn()?;
        let mut server = Self {
            install,
            keeper,
            socket_dir: directory.to_string_lossy().into_owned(),
            port,
            databases: AtomicU32::new(0),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<(), PostgresError> {
        let start = Instant::now();
        while !self.is_ready()? {
            if self.keeper.try_wait()?.is_some() {
                return Err(PostgresError::NotStarted(self.last_words()?));
            }
            if start.elapsed() > START_DEADLINE {
                let seconds = START_DEADLINE.as_secs();
                return Err(PostgresError::NotStarted(format!(
                    "not ready after {seconds} s"
                )));
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Ok(())
    }

    fn is_ready(&self) -> io::Result<bool> {
        // Through its own socket: on the port, someone else might answer.
        let mut probe = self.install.command("pg_isready");
        probe.args(["-q", "-h", &self.socket_dir, "-p", &self.port.to_string()]);
        Ok(probe.status()?.success())
    }

    /// What the keeper said before it ended.
    fn last_words(&mut self) -> io::Result<String> {
        let words = self.keeper.stderr.take().map(io::read_to_string);
        Ok(words.transpose()?.unwrap_or_default())
    }

    /// Creates an empty database and returns its URL, `postgres://postgres@127.0.0.1:PORT/NAME`.
    ///
    /// # Errors
    /// Where the server is gone or refuses.
    pub fn fresh_database(&self) -> Result<String, PostgresError> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollgate_{number}");
        self.query(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE template0"),
        )?;
        Ok(format!(
            "postgres://postgres@127.0.0.1:{}/{name}",
            self.port
        ))
    }

    /// Runs one statement with `psql` and returns its rows: a line each, columns joined by `|`.
    ///
    /// # Errors
    /// Where the server is gone or refuses.
    pub fn query(&self, database: &str, statement: &str) -> Result<String, PostgresError> {
        let mut psql = self.install.command("psql");
        psql.args([
            "--no-psqlrc",
            "-AtqX",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
        ])
        .args(["-h", &self.socket_dir, "-p", &self.port.to_string()])
        .args(["-d", database, "-c", statement]);
        let output = psql.output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned()),
            false => Err(PostgresError::Statement(
                String::from_utf8_lossy(&output.stderr)
                    .trim_end()
                    .to_owned(),
            )),
        }
    }

    /// Turns TLS on, with this certificate and key as PEM, and makes a user with the password
    /// `secret` who is let in by TLS alone.
    ///
    /// # Errors
    /// Where the server is gone or refuses.
    pub fn secure(&self, certificate: &str, key: &str, user: &str) -> Result<(), PostgresError> {
        // The server's own programs write into its folder, so that the files are its user's.
        let write = |name: &str, text: &str| {
            format!(
                "COPY (SELECT unnest(string_to_array(trim('{text}'), E'\\n'))) \
                 TO PROGRAM 'umask 077; cat > {name}'"
            )
        };
        let access = format!(
            "hostssl all {user} all scram-sha-256\nhost all {user} all reject\n\
             host all all 127.0.0.1/32 trust\nlocal all all trust"
        );
        for statement in [
            &format!("CREATE USER {user} PASSWORD 'secret'"),
            &write("server.crt", certificate),
            &write("server.key", key),
            &write("pg_hba.conf", &access),
            "ALTER SYSTEM SET ssl = on",
            "SELECT pg_reload_conf()",
        ] {
            self.query("postgres", statement)?;
        }
        let start = Instant::now();
        while self.query("postgres", "SHOW ssl")? != "on" {
            if start.elapsed() > START_DEADLINE {
                return Err(PostgresError::NotStarted("TLS is not on".to_owned()));
            }
        }
        Ok(())
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // A keeper that cannot be waited for cleans up all the same.
        let _ = self.keeper.wait();
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests;
