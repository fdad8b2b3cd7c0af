use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::{Desk, text};

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes
        .windows(secret.len())
        .any(|window| window == secret.as_bytes())
}

#[test]
fn a_secret_is_shown_once_and_found_nowhere_after() {
    let desk = Desk::furnished();
    let said = desk.run("token create first --account acme --group standard");
    let secret = said
        .out
        .lines()
        .find(|line| line.starts_with("sk-tg-"))
        .unwrap()
        .to_owned();
    assert!(
        said.out.contains("it will not be shown again"),
        "{}",
        said.out
    );
    assert_eq!(said.out.matches("sk-tg-").count(), 1);
    let rotated = desk.json("token rotate first");
    let second = text(&rotated, "/secret").to_owned();
    desk.json("token disable first");
    for line in [
        "token show first",
        "token list",
        "token list --all",
        "audit list",
        "audit list --all",
        "explain --token first --model gpt-4o --ip 10.0.0.1",
        "token rotate none",
        "audit verify",
    ] {
        for format in ["table", "json"] {
            let said = desk.run(&format!("--output {format} {line}"));
            for secret in [&secret, &second] {
                assert!(!said.out.contains(secret.as_str()), "{line}");
                assert!(!said.err.contains(secret.as_str()), "{line}");
            }
        }
    }
    for (path, bytes) in desk.files() {
        assert!(
            !holds(&bytes, &secret) && !holds(&bytes, &second),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_secret_file_is_private_whole_and_never_overwritten() {
    let desk = Desk::furnished();
    let create = "token create first --account acme --group standard --secret-file first.txt";
    let said = desk.run(create);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(!said.out.contains("sk-tg-"), "{}", said.out);
    let path = desk.path("first.txt");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written.starts_with("sk-tg-") && written.len() == 56,
        "{} bytes",
        written.len()
    );

    let said = desk.run(create);
    assert!(
        said.code == 2 && said.err.contains("`first.txt` is there already"),
        "{said:?}"
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    assert_eq!(
        desk.json("token list")["entries"].as_array().unwrap().len(),
        1
    );

    let rotated = desk.json("token rotate first --secret-file second.txt --overlap 0");
    assert_eq!(rotated["secret"], serde_json::Value::Null);
    assert_eq!(text(&rotated, "/secret_file"), "second.txt");
    assert!(
        std::fs::read_to_string(desk.path("second.txt"))
            .unwrap()
            .starts_with("sk-tg-")
    );

    let said =
        desk.run("token create third --account nobody --group standard --secret-file third.txt");
    assert_eq!(said.code, 5);
    assert!(!desk.path("third.txt").exists(), "nothing is left behind");
}

#[test]
fn an_upstream_credential_is_read_from_a_file_or_a_pipe_and_never_shown() {
    let desk = Desk::furnished();
    let secret = "sk-upstream-7f3a9c5e1b8d2460";
    let mut child = desk
        .command()
        .args(["upstream", "edit", "main", "--credential-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{secret}").unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && out.contains("sealed in the database"),
        "{out}"
    );
    for line in [
        "upstream show main",
        "upstream list",
        "audit list",
        "upstream test main --timeout 5s",
    ] {
        let said = desk.run(&format!("--output json {line}"));
        assert!(
            !said.out.contains(secret) && !said.err.contains(secret),
            "{line}"
        );
    }
    for (path, bytes) in desk.files() {
        assert!(!holds(&bytes, secret), "{}", path.display());
    }
    let said = desk.run(&format!("upstream edit main --credential-env {secret}"));
    assert!(said.code == 2 && !said.err.contains(secret), "{said:?}");
}

#[test]
fn store_and_key_are_private() {
    let desk = Desk::furnished();
    for name in ["tollgate.db", "tollgate.key"] {
        let mode = std::fs::metadata(desk.path(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_sealed_secret_is_shown_again_and_each_time_is_audited() {
    let desk = Desk::furnished();
    let made = desk.json("sealing-key new sealing.key");
    assert_eq!(text(&made, "/file"), "sealing.key");
    let mode = std::fs::metadata(desk.path("sealing.key")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let again = desk.run("sealing-key new sealing.key");
    assert!(
        again.code == 2 && again.err.contains("not overwritten"),
        "{again:?}"
    );

    let with = "--sealing-key-file sealing.key";
    let made = desk.json(&format!(
        "{with} token create kept --account acme --group standard"
    ));
    let secret = text(&made, "/secret").to_owned();
    let shown = desk.json(&format!("{with} token reveal kept"));
    assert_eq!(text(&shown, "/secret"), secret);
    let said = desk.run(&format!("{with} token reveal kept --secret-file kept.txt"));
    assert!(said.code == 0 && !said.out.contains(&secret), "{said:?}");
    let log = desk.json("audit list --action token.reveal");
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
    assert_eq!(text(&log, "/entries/0/actor"), "ada");

    let said = desk.run("token reveal kept");
    assert!(
        said.code == 1 && said.err.contains("sealing-key new"),
        "{said:?}"
    );
    desk.run("token create hashed --account acme --group standard");
    let said = desk.run(&format!("{with} token reveal hashed"));
    assert!(
        said.code == 1 && said.err.contains("rotate the token"),
        "{said:?}"
    );
    for (path, bytes) in desk.files() {
        let is_meant = path.ends_with("kept.txt");
        assert!(is_meant || !holds(&bytes, &secret), "{}", path.display());
    }

    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(desk.path("sealing.key"), open).unwrap();
    let said = desk.run(&format!("{with} token reveal kept"));
    assert!(said.code == 1 && said.err.contains("chmod 600"), "{said:?}");
    let said = desk.run("--sealing-key-file none.key token list");
    assert!(
        said.code == 1 && said.err.contains("sealing-key new"),
        "{said:?}"
    );
}

#[test]
fn a_secret_that_nobody_reads_is_a_failure() {
    let desk = Desk::furnished();
    desk.json("token create first --account acme --group standard");
    desk.json("member invite ada --role operator");
    for (number, format) in ["table", "json"].into_iter().enumerate() {
        for line in [
            "token rotate first",
            &format!("token create token{number} --account acme --group standard"),
            &format!("api-credential create deploy{number} --member ada --scope tokens"),
            "init",
            &format!("member invite eve{number} --role operator"),
            "member reset-password ada",
        ] {
            let said = desk.unread(&format!("--output {format} {line}"));
            assert_eq!(said.code, 1, "{line}: {said:?}");
            for text in ["the secret was not handed over", "makes another one"] {
                assert!(said.err.contains(text), "{line}: {said:?}");
            }
        }
    }
    let said = desk.unread("token rotate first --secret-file kept");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}
