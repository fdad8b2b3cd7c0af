//! The JSON API against its own document: Schemathesis makes requests from it, good and bad, alone
//! and one after the other.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use tollgate_testkit::{raw_client, sdk};
use tollgate_tests::System;
use tollgate_tests::system::text;

/// One request after the other, each by itself; what follows from another is a phase of its own.
const ALONE: &str = "examples,coverage,fuzzing";
/// What would be a defect: a failure of ours, an answer that is not documented, or in another shape.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// Links that are followed at least: to show, edit and delete what was made.
const LINKS: usize = 5;

/// By these the credential with which it asks would come to its end.
const OWN: &str = r"^/(api-credentials|members)/\{id\}";

/// How many links from what was made to what can be done with it were followed.
fn followed(told: &str) -> usize {
    let line = told.lines().find(|line| line.contains("API Links:"));
    let (_, rest) = line.unwrap_or_default().split_once(':').unwrap_or_default();
    let count = rest.split_whitespace().next().unwrap_or_default();
    count.parse().unwrap_or_default()
}

/// An API credential that may do everything, of a first owner.
async fn credential(system: &System, origin: &str, code: &str) -> String {
    let address = origin.trim_start_matches("http://");
    let password = "a+sentence+is+better+than+a+riddle";
    let body = format!("code={code}&login=ada&password={password}&again={password}");
    let request = format!(
        "POST /join HTTP/1.1\r\nhost: {address}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let joined = raw_client::exchange(address, request).await.unwrap();
    assert_eq!(joined.status(), 200);
    let base = [
        "api-credential",
        "create",
        "schemathesis",
        "--member",
        "ada",
    ];
    let made = system.admin(&[base.as_slice(), &["--scope", "all"]].concat());
    text(&made, "/secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_as_its_document_says_whatever_it_is_asked() {
    let system = System::start().await;
    let console = system.console().await;
    let secret = credential(&system, &console.origin, &console.code).await;
    system.issued(&secret);
    // The names of what is made are taken the second time, so what needs them comes first.
    for (phases, examples) in [("stateful", "80"), (ALONE, "12")] {
        let told = asked(&system, &console.origin, &secret, phases, examples).await;
        if phases == "stateful" {
            let followed = followed(&told);
            assert!(followed >= LINKS, "{followed} links were followed: {told}");
        }
    }
    system.assert_no_secret_is_left();
}

/// What Schemathesis tells of its requests, which were all answered as they should be.
async fn asked(
    system: &System,
    origin: &str,
    secret: &str,
    phases: &str,
    examples: &str,
) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/schemathesis");
    let output = Command::new(sdk::schemathesis())
        .arg("run")
        .arg(format!("{origin}/api/v1/openapi.json"))
        .args(["--header", &format!("Authorization: Bearer {secret}")])
        .args(["--phases", phases])
        .args(["--max-examples", examples, "--checks", CHECKS])
        .args(["--exclude-path-regex", OWN])
        // The same requests each time: what fails here fails there.
        .arg("--generation-deterministic")
        .env("SCHEMATHESIS_HOOKS", folder.join("creations.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(system.directory())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let told = format!("{told}{}", String::from_utf8_lossy(&output.stderr)).replace(secret, "…");
    assert!(output.status.success(), "{told}");
    assert!(!told.contains("Authentication failed"), "{told}");
    told
}
