//! A console with an OpenID Connect issuer beside it, each in a process of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use tollgate_testkit::sdk;
use tollgate_tests::binaries;

use super::browser::{Browser, Seen};

const BOUND: Duration = Duration::from_secs(60);

/// What a process says.
type Said = Lines<BufReader<ChildStdout>>;

/// A console with an issuer. Both end with it.
pub(super) struct World {
    pub(super) console: String,
    pub(super) issuer: String,
    folder: tempfile::TempDir,
    _issuing: (Child, ChildStdin, Said),
    _serving: (Child, Said),
}

impl World {
    /// `more` is what the configuration says besides what the issuer gave.
    pub(super) async fn start(algorithm: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mut issuing, mut lines) = issuer(algorithm);
        let issuer = next(&mut lines).await;
        let path = |name: &str| folder.path().join(name);
        let secret = path("issuer.secret");
        std::fs::write(&secret, "issuer-gave-this-secret\n").unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, private).unwrap();
        let text = format!(
            "issuer = \"{issuer}\"\nclient_id = \"tollgate\"\nclient_secret_file = \"issuer.secret\"\nallow_private = true\nname = \"Example\"\n{more}"
        );
        std::fs::write(path("openid.toml"), text).unwrap();
        let mut serving = admin(folder.path().to_owned())
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--openid",
                "openid.toml",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(serving.stdout.take().unwrap()).lines();
        let line = next(&mut said).await;
        let (_, console) = line.rsplit_once(' ').unwrap();
        let mut stdin = issuing.stdin.take().unwrap();
        let back = format!("{console}/sign-in/openid/callback\n");
        stdin.write_all(back.as_bytes()).await.unwrap();
        Self {
            console: console.to_owned(),
            issuer,
            folder,
            // A process whose output nobody takes any more ends with its next line.
            _issuing: (issuing, stdin, lines),
            _serving: (serving, said),
        }
    }

    /// Runs a command of words without spaces, which must succeed.
    pub(super) async fn admin(&self, line: &str) -> Value {
        let output = admin(self.folder.path().to_owned())
            .args(["--output", "json", "--yes"])
            .args(line.split(' '))
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Goes to the issuer, signs in there, and stops at the address that leads back.
    pub(super) async fn back(&self, browser: &mut Browser, login: &str) -> String {
        let start = format!(
            "{}/sign-in/openid?next=%2Ftokens%3Fsearch%3Da",
            self.console
        );
        let mut seen = browser.get(&start).await;
        assert_eq!(seen.status, 303, "{seen:?}");
        for _ in 0..10 {
            let to = seen.leads_to();
            if to.starts_with(&self.console) {
                return to;
            }
            seen = browser.get(&to).await;
            if seen.status == 200 {
                seen = interact(browser, &seen, login).await;
            }
        }
        panic!("the issuer goes round in circles: {seen:?}");
    }

    /// Signs in, as far as the console lets them.
    pub(super) async fn sign_in(&self, browser: &mut Browser, login: &str) -> Seen {
        let back = self.back(browser, login).await;
        browser.get(&back).await
    }

    /// Who the console takes the browser for; `None` where for nobody.
    pub(super) async fn whoami(&self, browser: &mut Browser) -> Option<String> {
        let seen = browser.get(&format!("{}/api/v1/me", self.console)).await;
        let value: Value = serde_json::from_str(&seen.body).unwrap();
        value["login"].as_str().map(str::to_owned)
    }

    pub(super) async fn logins(&self) -> Vec<String> {
        let members = self.admin("member list").await;
        let all = members.as_array().unwrap().iter();
        all.map(|one| one["login"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Answers a form of the issuer: who it is, or that the console may know.
async fn interact(browser: &mut Browser, page: &Seen, login: &str) -> Seen {
    let (_, rest) = page.body.split_once("action=\"").unwrap();
    let action = rest.split('"').next().unwrap();
    let form = match page.body.contains("name=\"login\"") {
        true => format!("prompt=login&login={login}&password=any"),
        false => "prompt=consent".to_owned(),
    };
    browser.post(action, &form).await
}

fn issuer(algorithm: &str) -> (Child, Said) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/node/issuer.mjs");
    let mut issuing = Command::new("node")
        .arg(script)
        .env("TOLLGATE_TEST_NODE_DIR", sdk::node_directory())
        .env("ALGORITHM", algorithm)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(issuing.stdout.take().unwrap()).lines();
    (issuing, lines)
}

fn admin(folder: PathBuf) -> Command {
    let mut command = Command::new(binaries::admin());
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    for name in ["TOLLGATE_STORE", "TOLLGATE_KEY_FILE", "TOLLGATE_OUTPUT"] {
        command.env_remove(name);
    }
    command
}

async fn next(lines: &mut Said) -> String {
    let line = timeout(BOUND, lines.next_line()).await.unwrap();
    line.unwrap().unwrap()
}
