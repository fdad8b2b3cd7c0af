//! The access log: a line for each call, in a file that can be moved away.

use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::process::{PATIENCE, Process, command, configure, get};

/// Waits until a file has so many lines.
async fn lines(path: &Path, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count && text.ends_with('\n') {
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            return lines.collect();
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{count} lines in {}: {text}",
            path.display()
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_a_line_of_json_and_a_moved_file_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (
        directory.path().join("access.log"),
        directory.path().join("access.log.1"),
    );
    configure(directory.path(), "[access_log]\npath = 'access.log'\n");
    let mut process = Process::start(command(directory.path())).await;
    get(process.address, "/v1/models").await;
    let first = lines(&path, 1).await;
    assert_eq!(
        (&first[0]["path"], &first[0]["status"]),
        (&"/v1/models".into(), &401.into())
    );
    assert!(first[0]["request_id"].is_string() && first[0]["code"].is_string());
    std::fs::rename(&path, &moved).unwrap();
    process.signal("USR1");
    // The signal is on its way for a moment, and until then lines go to the old file.
    let begun = Instant::now();
    while !path.exists() {
        get(process.address, "/v1/models/one").await;
        assert!(begun.elapsed() < PATIENCE, "the file is made anew");
    }
    get(process.address, "/v1/models/two").await;
    let last = lines(&path, 1).await;
    assert!(last.iter().all(|line| line["path"].as_str().is_some()));
    process
        .assert_metric("tollgate_access_lines_lost_total 0")
        .await;
    process.signal("TERM");
    assert_eq!(process.ended().await, Some(0));
    let last = lines(&path, 1).await;
    assert_eq!(
        last.last().unwrap()["path"],
        "/v1/models/two",
        "written at the end"
    );
}
