//! The console over a real socket, on a throw-away SQLite store.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests fail by panicking"
)]

mod api;
mod forged;
mod forms;
mod guard;
mod hostile;
mod objects;
mod pages;
mod sealed;
mod usage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tollgate_admin_core::account::AccountInput;
use tollgate_admin_core::api_credential::{self, ApiCredentialInput};
use tollgate_admin_core::group::GroupInput;
use tollgate_admin_core::link::{self, Redeem};
use tollgate_admin_core::member::{self, MemberInput};
use tollgate_admin_core::{Actor, Context, MasterKey, Store, account, group};
use tollgate_console::{Console, Settings};
use tollgate_listen::{Gate, bind, serve};
use tollgate_policy::time::Timestamp;

pub(crate) const PASSWORD: &str = "correct horse battery";
const BOUND: Duration = Duration::from_secs(60);

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
}

/// A console with the accounts `acme` and `other`, the group `standard`, and the owner `ada`.
pub(crate) struct World {
    pub(crate) context: Context,
    pub(crate) address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (one, value) = line.split_once(": ")?;
            one.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The cookie of a session.
    pub(crate) fn cookie(&self) -> String {
        let set = self.header("set-cookie").unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// The word of the forms on a page.
    pub(crate) fn word(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"_csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollgate.db");
        let key = MasterKey::from_bytes([7; 32]);
        let store = Store::open(path.to_str().unwrap(), key, |_| None)
            .await
            .unwrap();
        let context = Context::new(store.clone(), Actor::new("machine", "cli@test"), now);
        for name in ["acme", "other"] {
            let input = AccountInput {
                name: name.to_owned(),
                unlimited: true,
                ..AccountInput::default()
            };
            account::create(&context, &input).await.unwrap();
        }
        let group = GroupInput {
            name: "standard".to_owned(),
            open_to_members: true,
            ..GroupInput::default()
        };
        group::create(&context, &group).await.unwrap();
        let listener = bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let console = Arc::new(Console::new(store, now, settings));
        tokio::spawn(async move {
            let settings = tollgate_listen::Settings::default();
            serve(
                console,
                listener,
                Gate::new(100),
                settings,
                std::future::pending(),
            )
            .await
        });
        let world = Self {
            context,
            address,
            _folder: folder,
        };
        let link = link::init(&world.context).await.unwrap().unwrap();
        world.redeem(link.code.reveal(), Some("ada")).await;
        world
    }

    async fn redeem(&self, code: &str, login: Option<&str>) {
        let nobody = Context::nobody(self.context.store().clone(), "127.0.0.1", now);
        let input = Redeem {
            code: code.to_owned(),
            password: PASSWORD.to_owned(),
            login: login.map(str::to_owned),
            name: None,
        };
        link::redeem(&nobody, &input).await.unwrap();
    }

    pub(crate) async fn join(&self, login: &str, role: &str, account: Option<&str>) {
        let input = MemberInput {
            login: login.to_owned(),
            role: role.to_owned(),
            account: account.map(str::to_owned),
            ..MemberInput::default()
        };
        let invited = member::invite(&self.context, &input).await.unwrap();
        self.redeem(invited.link.unwrap().code.reveal(), None).await;
    }

    /// An API credential of this member.
    pub(crate) async fn credential(&self, member: &str, scope: &str) -> String {
        let input = ApiCredentialInput {
            name: format!("{member} {scope}"),
            scope: scope.to_owned(),
            member: Some(member.to_owned()),
            expires: String::new(),
        };
        let issued = api_credential::create(&self.context, &input).await.unwrap();
        issued.secret.reveal().to_owned()
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Heard {
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        text.push_str(body);
        let exchange = async {
            let mut socket = TcpStream::connect(self.address).await.unwrap();
            socket.write_all(text.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            socket.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        };
        let answer = timeout(BOUND, exchange).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Heard {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) async fn sign_in(&self, login: &str) -> String {
        let body = format!("login={login}&password={}", PASSWORD.replace(' ', "+"));
        let heard = self.post("/sign-in", "", &body).await;
        assert_eq!(heard.status, 303, "{heard:?}");
        heard.cookie()
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Heard {
        self.send("GET", path, &[("cookie", cookie)], "").await
    }

    /// A form, sent from our own page.
    pub(crate) async fn post(&self, path: &str, cookie: &str, body: &str) -> Heard {
        let headers = [
            ("cookie", cookie),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send("POST", path, &headers, body).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, secret: &str, body: &str) -> Heard {
        let bearer = format!("Bearer {secret}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.send(method, &format!("/api/v1{path}"), &headers, body)
            .await
    }
}
