//! As much of a browser as signing in needs: cookies by host, one request at a time, and redirects
//! that the test follows itself.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const BOUND: Duration = Duration::from_secs(30);

/// Cookies, by host and name.
#[derive(Debug, Clone, Default)]
pub(super) struct Browser {
    pub(super) jar: BTreeMap<(String, String), String>,
}

/// A page or a redirect.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) url: String,
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (one, value) = line.split_once(": ")?;
            one.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Where it leads, as a whole address.
    pub(super) fn leads_to(&self) -> String {
        let location = self
            .header("location")
            .unwrap_or_else(|| panic!("no way on: {self:?}"));
        match location.starts_with('/') {
            true => format!("http://{}{location}", host(&self.url)),
            false => location.to_owned(),
        }
    }
}

/// Host and port of an address.
pub(super) fn host(url: &str) -> &str {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap()
}

impl Browser {
    pub(super) async fn get(&mut self, url: &str) -> Seen {
        self.send("GET", url, "").await
    }

    pub(super) async fn post(&mut self, url: &str, form: &str) -> Seen {
        self.send("POST", url, form).await
    }

    async fn send(&mut self, method: &str, url: &str, form: &str) -> Seen {
        let host = host(url).to_owned();
        let path = url.strip_prefix(&format!("http://{host}")).unwrap();
        let cookies = self.jar.iter().filter(|((of, _), _)| *of == host);
        let cookies: Vec<_> = cookies
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncookie: {}\r\norigin: http://{host}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        );
        let mut stream = TcpStream::connect(&host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = timeout(BOUND, stream.read_to_end(&mut answer)).await;
        read.unwrap().unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let seen = Seen {
            url: url.to_owned(),
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        };
        self.keep(&host, &seen);
        seen
    }

    fn keep(&mut self, host: &str, seen: &Seen) {
        for line in seen.head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.to_owned(), name.to_owned());
            match value {
                "" => self.jar.remove(&key),
                value => self.jar.insert(key, value.to_owned()),
            };
        }
    }
}
