//! Who is measured.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::Bench;
use super::gateway::Furnished;
use super::process::{Process, free_address};
use crate::Failure;

/// The name of the pass-through of hyper.
const FLOOR: &str = "hyper";
/// The name of the upstream with nothing before it: what a call takes without a gateway.
pub(super) const DIRECT: &str = "direct";

/// One who is measured.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) secret: String,
    kind: Kind,
    upstream: SocketAddr,
}

enum Kind {
    Direct,
    Floor,
    Nginx(PathBuf),
    Gateway(PathBuf),
}

impl Side {
    /// Those that there are on this machine, and other builds of the gateway. The first one of them
    /// that is measured is what the others are told as multiples of.
    pub(super) fn all(
        upstream: SocketAddr,
        gateway: &Furnished,
        others: &[(String, PathBuf)],
    ) -> Vec<Self> {
        let side = |name: &str, kind| Self {
            name: name.to_owned(),
            kind,
            ..Self::gateway(upstream, gateway)
        };
        let mut sides = vec![side(FLOOR, Kind::Floor)];
        let nginx = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(Path::new);
        if let Some(nginx) = nginx.into_iter().find(|path| path.exists()) {
            sides.push(side("nginx", Kind::Nginx(nginx.to_owned())));
        }
        sides.push(Self::gateway(upstream, gateway));
        let others = others.iter();
        sides.extend(others.map(|(name, program)| side(name, Kind::Gateway(program.clone()))));
        sides.push(side(DIRECT, Kind::Direct));
        sides
    }

    /// The gateway that was furnished.
    pub(super) fn gateway(upstream: SocketAddr, gateway: &Furnished) -> Self {
        Self {
            name: "Tollgate".to_owned(),
            secret: gateway.secret.clone(),
            kind: Kind::Gateway(gateway.program.clone()),
            upstream,
        }
    }

    /// Whether it lets only those pass who have the secret.
    pub(super) const fn checks_keys(&self) -> bool {
        matches!(self.kind, Kind::Nginx(_) | Kind::Gateway(_))
    }

    /// Whether there is nothing before the upstream.
    pub(super) const fn is_direct(&self) -> bool {
        matches!(self.kind, Kind::Direct)
    }

    /// Starts it afresh.
    pub(super) fn start(&self, bench: &Bench) -> Result<Process, Failure> {
        let address = free_address()?;
        let (listen, upstream) = (address.to_string(), self.upstream.to_string());
        let metrics = free_address()?;
        let (program, arguments) = match &self.kind {
            Kind::Direct => (
                &bench.own,
                vec!["upstream".to_owned(), "--listen".to_owned(), listen],
            ),
            Kind::Floor => (
                &bench.own,
                vec![
                    "pass-through".to_owned(),
                    "--listen".to_owned(),
                    listen,
                    "--upstream".to_owned(),
                    upstream,
                ],
            ),
            Kind::Nginx(program) => {
                let path = bench.folder.path().join("nginx.conf");
                fs::write(&path, self.nginx(bench.folder.path(), address))?;
                let path = path.display().to_string();
                (program, vec!["-c".to_owned(), path])
            }
            Kind::Gateway(program) => (program, serve(&listen, &metrics.to_string())),
        };
        // An upstream runs where upstreams do.
        let [measured, rest] = bench.processors;
        let processor = if self.is_direct() { rest } else { measured };
        let mut process = bench.start(processor, program, &arguments, address)?;
        process.metrics = matches!(self.kind, Kind::Gateway(_)).then_some(metrics);
        Ok(process)
    }

    /// One worker, a map of keys, connections kept on both sides, and streams passed on as they come.
    fn nginx(&self, folder: &Path, listen: SocketAddr) -> String {
        let (folder, upstream, secret) = (folder.display(), self.upstream, &self.secret);
        format!(
            "daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 30000; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body; proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-f; uwsgi_temp_path {folder}/nginx-u; scgi_temp_path {folder}/nginx-s;
    keepalive_requests 100000000; client_max_body_size 64m;
    map_hash_bucket_size 256;
    map $http_authorization$http_x_api_key $known {{
        default \"\"; \"Bearer {secret}\" 1; \"{secret}\" 1;
    }}
    upstream bench {{ server {upstream}; keepalive 1024; keepalive_requests 100000000; }}
    server {{
        listen {listen};
        location / {{
            default_type application/json;
            if ($known = \"\") {{
                return 401 '{{\"error\":{{\"message\":\"The API key is not valid.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}}}';
            }}
            proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection \"\";
            proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 600s;
        }}
    }}
}}
"
        )
    }
}

/// Another build of the gateway, as it is named on the command line.
pub(super) fn other(argument: &str) -> Result<(String, PathBuf), String> {
    let (name, program) = argument.split_once('=').ok_or("it wants NAME=PROGRAM")?;
    let program = Path::new(program).canonicalize();
    let program = program.map_err(|error| format!("the program cannot be found: {error}"))?;
    Ok((name.to_owned(), program))
}

fn serve(listen: &str, observe: &str) -> Vec<String> {
    let arguments = [
        "serve",
        "--listen",
        listen,
        "--observe",
        observe,
        "--log",
        "warn",
    ];
    arguments.map(str::to_owned).to_vec()
}
