use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;

use super::*;

#[test]
fn two_fresh_databases_share_a_server_and_nothing_else() {
    let server = Postgres::start().unwrap();
    let urls = [
        server.fresh_database().unwrap(),
        server.fresh_database().unwrap(),
    ];
    let [first, second] = urls.each_ref().map(|url| url.rsplit('/').next().unwrap());
    assert_ne!(first, second);

    server
        .query(
            first,
            "CREATE TABLE t (x int); INSERT INTO t VALUES (7), (8)",
        )
        .unwrap();
    assert_eq!(
        server
            .query(first, "SELECT x, x + 1 FROM t ORDER BY x")
            .unwrap(),
        "7|8\n8|9"
    );
    let refused = server
        .query(second, "SELECT x FROM t")
        .unwrap_err()
        .to_string();
    assert!(refused.contains("does not exist"), "{refused}");

    let port = urls[0]
        .split([':', '/'])
        .nth(4)
        .unwrap()
        .parse::<u16>()
        .unwrap();
    assert_eq!(port, server.port());
    TcpStream::connect(("127.0.0.1", port)).unwrap();
}

#[test]
fn nothing_is_left_of_a_server_that_was_dropped() {
    let server = Postgres::start().unwrap();
    let (folder, port) = (server.socket_dir.clone(), server.port());
    assert!(Path::new(&folder).join("data").is_dir());
    drop(server);
    assert!(!Path::new(&folder).exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn the_shared_server_gives_each_caller_a_database() {
    assert_ne!(fresh_database(), fresh_database());
}

#[test]
fn nothing_is_left_of_a_server_whose_process_was_killed() {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("postgres::tests::holds_a_server_until_it_is_killed")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let folder = lines
        .map(Result::unwrap)
        .find_map(|line| Some(line.split_once("folder=")?.1.to_owned()))
        .unwrap();
    assert!(Path::new(&folder).join("data").is_dir());

    process.kill().unwrap();
    process.wait().unwrap();
    let killed = Instant::now();
    while Path::new(&folder).exists() {
        assert!(
            killed.elapsed() < crate::DEADLINE,
            "{folder} is still there"
        );
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "the process that the test above kills"]
fn holds_a_server_until_it_is_killed() {
    let server = Postgres::start().unwrap();
    println!("folder={}", server.socket_dir);
    // Ends by itself, too, where the test that started it is gone.
    io::read_to_string(io::stdin()).unwrap();
}
