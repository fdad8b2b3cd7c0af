use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::{Desk, text};

#[test]
fn an_operator_makes_finds_changes_and_takes_back_a_token() {
    let desk = Desk::furnished();
    let made = desk.json(
        "token create nightly --account acme --group standard --expires 30d --quota 12.5 --models gpt-*,o3 --ips 10.0.0.0/8 --note load",
    );
    let id = text(&made, "/token/id").to_owned();
    assert!(text(&made, "/secret").starts_with("sk-tg-"));
    assert_eq!(made["token"]["models"], json!(["gpt-*", "o3"]));
    assert_eq!(
        made["token"]["warnings"],
        json!(["`o3` matches no model of the gallery"])
    );

    let found =
        desk.json("token list --search LOAD --group standard --status enabled --creator ada");
    assert_eq!(found["entries"][0]["id"], json!(id));
    assert_eq!(found["next_cursor"], Value::Null);
    assert_eq!(desk.json("token list --search other")["entries"], json!([]));

    let edited =
        desk.json("token edit nightly --expires -1 --quota unlimited --models any --name weekly");
    assert_eq!(
        (&edited["quota"], &edited["expires_at"], &edited["models"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(
        (text(&edited, "/name"), text(&edited, "/networks/0")),
        ("weekly", "10.0.0.0/8")
    );

    assert_eq!(
        text(&desk.json("token disable weekly"), "/status"),
        "disabled"
    );
    assert_eq!(
        text(&desk.json("token enable weekly"), "/status"),
        "enabled"
    );

    let rotated = desk.json("token rotate weekly --overlap 1h");
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(rotated["token"]["secrets"].as_array().unwrap().len(), 2);
    assert_ne!(rotated["token"]["secrets"][1]["valid_until"], Value::Null);

    assert_eq!(
        text(&desk.json("token revoke weekly --yes"), "/status"),
        "revoked"
    );
    assert_eq!(text(&desk.json("token delete weekly --yes"), "/id"), id);
    assert_eq!(desk.run("token show weekly").code, 5);
}

#[test]
fn explain_says_yes_with_0_and_no_with_3() {
    let desk = Desk::furnished();
    desk.json("token create narrow --account acme --group standard --ips 10.0.0.0/8");
    let permit = desk.json("explain --token narrow --model gpt-4o --ip 10.1.2.3");
    assert_eq!(
        (&permit["permitted"], text(&permit, "/upstreams/0/name")),
        (&json!(true), "main")
    );
    let refused =
        desk.run("explain --token narrow --model gpt-5 --endpoint embeddings --ip 203.0.113.7");
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused
            .out
            .contains("FAIL\tnetwork\ttoken\t203.0.113.7\t10.0.0.0/8"),
        "{}",
        refused.out
    );
    assert!(
        refused
            .out
            .ends_with("Refused: address_not_allowed, model_unknown.\n"),
        "{}",
        refused.out
    );
    let refused = desk.run("--output json explain --token narrow --mount crm --ip 10.1.2.3");
    assert_eq!(refused.code, 3);
    let view: Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(view["reasons"], json!(["mount_unknown"]));
}

#[test]
fn the_audit_log_names_who_did_what_and_shows_tampering() {
    let desk = Desk::furnished();
    let list = desk.json("audit list --actor ada --action account.create");
    assert_eq!(text(&list, "/entries/0/after/name"), "acme");
    assert!(text(&list, "/entries/0/origin").starts_with("cli@"));
    let whole = desk.run("audit verify");
    assert!(
        whole.code == 0
            && whole
                .out
                .starts_with("All 4 changes are as they were written."),
        "{whole:?}"
    );
    let all = desk.json("audit list --limit 1 --all");
    assert_eq!(all["entries"].as_array().unwrap().len(), 4);

    // What someone could do with the file in hand: the name stands in the log as it is.
    let path = desk.path("tollgate.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let needle = br#""name":"acme""#;
    let places: Vec<_> = (0..bytes.len() - needle.len())
        .filter(|at| &bytes[*at..*at + needle.len()] == needle)
        .collect();
    assert!(!places.is_empty(), "the log holds the name");
    for at in places {
        bytes[at + needle.len() - 2] = b'x';
    }
    std::fs::write(&path, bytes).unwrap();
    let broken = desk.run("audit verify");
    assert_eq!(broken.code, 4, "{broken:?}");
    assert!(
        broken.out.contains("tampered with at change 2"),
        "{}",
        broken.out
    );
    let broken = desk.run("--output json audit verify");
    let view: Value = serde_json::from_str(&broken.out).unwrap();
    assert_eq!((broken.code, &view["bad_row"]), (4, &json!(2)));
}

#[test]
fn pages_lead_on_and_all_pages_are_one_document() {
    let desk = Desk::furnished();
    for name in ["one", "two", "three", "it's_4"] {
        desk.json(&format!(
            "token create {name} --account acme --group standard"
        ));
    }
    let said = desk.run("token list --sort name --desc --limit 2");
    assert_eq!(said.out.lines().count(), 3, "{}", said.out);
    let cursor = said
        .err
        .split_once("--cursor '")
        .and_then(|(_, rest)| rest.split_once('\''));
    let (cursor, _) = cursor.unwrap_or_else(|| panic!("no cursor in {}", said.err));
    let rest = desk.json(&format!(
        "token list --sort name --desc --limit 2 --cursor {cursor}"
    ));
    assert_eq!(
        (
            text(&rest, "/entries/0/name"),
            text(&rest, "/entries/1/name")
        ),
        ("one", "it's_4")
    );
    let all = desk.json("token list --limit 1 --all");
    assert_eq!(all["entries"].as_array().unwrap().len(), 4);
    let plain = desk.run("token list --limit 1 --all");
    assert_eq!(plain.out.lines().count(), 5, "{}", plain.out);
}

#[test]
fn an_upstream_test_fails_with_1_and_says_why() {
    let desk = Desk::furnished();
    let said = desk.run("upstream test main");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.out.contains("`NO_SUCH_KEY` is not set here"),
        "{}",
        said.out
    );
    desk.json("upstream edit main --no-credential --weight 0");
    let said = desk.run("--output json upstream test main --model gpt-4o --timeout 5s");
    let view: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said.code, &view["passed"], &view["calls"][0]["status"]),
        (1, &json!(false), &Value::Null)
    );
}

#[test]
fn the_catalog_is_shown_changed_and_deleted() {
    let desk = Desk::furnished();
    assert_eq!(
        text(
            &desk.json("group edit standard --multiplier 0.8"),
            "/multiplier"
        ),
        "0.8"
    );
    assert_eq!(desk.json("account disable acme")["enabled"], json!(false));
    assert_eq!(desk.json("model disable gpt-4o")["enabled"], json!(false));
    assert_eq!(desk.json("upstream disable main")["enabled"], json!(false));
    for kind in ["group", "account", "model", "upstream"] {
        assert_eq!(
            desk.json(&format!("{kind} list")).as_array().unwrap().len(),
            1
        );
    }
    for thing in [
        "upstream delete main",
        "model delete gpt-4o",
        "account delete acme",
        "group delete standard",
    ] {
        let said = desk.run(&format!("{thing} --yes"));
        assert!(
            said.code == 0 && said.out.ends_with("was deleted.\n"),
            "{said:?}"
        );
    }
}

#[test]
fn completions_and_manual_pages_need_no_store() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let said = desk.run(&format!("completions {shell}"));
        assert!(
            said.code == 0 && said.out.contains("tollgate-admin"),
            "{shell}"
        );
    }
    assert!(desk.run("man").out.contains(".TH tollgate-admin"));
    assert_eq!(desk.run("man --dir pages").code, 0);
    assert!(desk.path("pages/tollgate-admin-token-create.1").exists());
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 1);
    assert!(desk.run("--help").out.contains("Exit codes:"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let desk = Desk::furnished();
    let mut child = desk
        .command()
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn a_hostile_text_cannot_steer_the_terminal() {
    let desk = Desk::furnished();
    let note = "a\u{9b}31mb\nc\u{202e}";
    let said = desk.run_words(&["account", "edit", "acme", "--note", "fine\tb\nc"]);
    assert!(said.out.contains("note\tfine\\tb\\nc\n"), "{}", said.out);
    let said = desk.run_words(&["account", "edit", "acme", "--note", note]);
    assert_eq!(said.code, 2, "{said:?}");
    let said = desk.run_words(&["token", "show", note]);
    assert_eq!(said.code, 5);
    let first = said.err.lines().next();
    assert_eq!(
        first,
        Some(r"error: there is no token `a\u{9b}31mb\nc\u{202e}`")
    );
}
