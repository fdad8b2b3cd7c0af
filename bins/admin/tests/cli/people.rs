//! Owners, members, their sessions, and what programs call the API with.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::{Desk, text};

/// A console that is served until the test ends.
struct Served {
    child: Child,
    address: String,
    /// Open until the end: what is printed to nobody would end the process.
    _out: BufReader<ChildStdout>,
}

impl Served {
    fn start(desk: &Desk) -> Self {
        let mut child = desk
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let (_, address) = line.trim().rsplit_once("http://").unwrap();
        let address = address.to_owned();
        Self {
            child,
            address,
            _out: out,
        }
    }

    fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

const JSON: &str = "content-type: application/json\r\n";
const FORM: &str =
    "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
const PASSWORD: &str = "correct horse battery";

/// Uses a one-time code over the API.
fn redeem(served: &Served, code: &str, login: Option<&str>) {
    let body = serde_json::json!({ "code": code, "password": PASSWORD, "login": login });
    let answer = served.post("/api/v1/links/redeem", JSON, &body.to_string());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn entries(list: &Value) -> Vec<&Value> {
    match list {
        Value::Array(all) => all.iter().collect(),
        other => other["entries"].as_array().unwrap().iter().collect(),
    }
}

#[test]
fn init_prints_a_code_until_there_is_an_owner() {
    let desk = Desk::furnished();
    let served = Served::start(&desk);
    let first = desk.json("init");
    let second = desk.json("init");
    let code = text(&second, "/link/code");
    assert_ne!(
        text(&first, "/link/code"),
        code,
        "the newest code is the one that counts"
    );
    redeem(&served, code, Some("ada@example.com"));
    assert_eq!(desk.json("init")["link"], Value::Null);
    let said = desk.run("init");
    assert!(
        said.code == 0 && said.out.contains("owner already"),
        "{said:?}"
    );
    let members = desk.json("member list");
    assert_eq!(text(entries(&members)[0], "/login"), "ada@example.com");
    assert_eq!(text(entries(&members)[0], "/role"), "owner");
}

#[test]
fn a_member_is_invited_changed_and_removed() {
    let desk = Desk::furnished();
    let made = desk.json("member invite mia@example.com --role member --account acme");
    assert!(!text(&made, "/link/code").is_empty());
    let shown = desk.json("member show mia@example.com");
    assert_eq!(text(&shown, "/role"), "member");
    assert_eq!(text(&shown, "/account/name"), "acme");
    let edited = desk.json("member edit mia@example.com --role auditor --name Mia");
    assert_eq!(
        (text(&edited, "/role"), text(&edited, "/name")),
        ("auditor", "Mia")
    );
    assert_eq!(
        desk.json("member disable mia@example.com")["enabled"],
        false
    );
    assert_eq!(desk.json("member enable mia@example.com")["enabled"], true);
    let again = desk.json("member reset-password mia@example.com");
    assert_ne!(text(&again, "/link/code"), text(&made, "/link/code"));
    let said = desk.run("member invite MIA@example.com --role auditor");
    assert!(said.code == 1 && said.err.contains("taken"), "{said:?}");
    let said = desk.run("member invite eve --role member");
    assert!(said.code == 2 && said.err.contains("account"), "{said:?}");
    let said = desk.run("member delete mia@example.com");
    assert_eq!(said.code, 2, "nobody was asked: {said:?}");
    desk.json("--yes member delete mia@example.com");
    assert_eq!(desk.run("member show mia@example.com").code, 5);
    let table = desk.run("member list");
    assert!(table.code == 0 && !table.out.contains("mia@"), "{table:?}");
}

#[test]
fn sessions_are_listed_and_ended() {
    let desk = Desk::furnished();
    let served = Served::start(&desk);
    let made = desk.json("member invite ada --role operator");
    redeem(&served, text(&made, "/link/code"), None);
    let form = format!("login=ada&password={}", PASSWORD.replace(' ', "+"));
    for _ in 0..2 {
        let answer = served.post("/sign-in", FORM, &form);
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }
    let all = desk.json("session list");
    assert_eq!(entries(&all).len(), 2);
    let id = text(entries(&all)[0], "/id").to_owned();
    desk.json(&format!("session revoke {id}"));
    let left = desk.json("session list --member ada");
    assert_eq!(entries(&left).len(), 1);
    assert_ne!(text(entries(&left)[0], "/id"), id);
    desk.json("session revoke --member ada");
    assert!(entries(&desk.json("session list")).is_empty());
    assert_eq!(desk.run(&format!("session revoke {id}")).code, 5);
}

#[test]
fn an_api_credential_is_shown_once_and_taken_back() {
    let desk = Desk::furnished();
    desk.json("member invite ada --role operator");
    let made = desk.json("api-credential create deploy --member ada --scope tokens");
    let secret = text(&made, "/secret").to_owned();
    assert!(secret.starts_with("sk-tgadm-"));
    for format in ["table", "json"] {
        let said = desk.run(&format!("--output {format} api-credential list"));
        assert!(
            said.out.contains("deploy") && !said.out.contains(&secret),
            "{said:?}"
        );
    }
    let served = Served::start(&desk);
    let headers = format!("{JSON}authorization: Bearer {secret}\r\n");
    let token = r#"{"name": "by program", "account": "acme", "group": "standard"}"#;
    let answer = served.post("/api/v1/tokens", &headers, token);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    desk.json("--yes api-credential revoke deploy");
    let answer = served.post("/api/v1/tokens", &headers, token);
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let said = desk.run("api-credential create deploy --member nobody --scope all");
    assert_eq!(said.code, 5, "{said:?}");
}
