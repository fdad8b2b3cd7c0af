use serde_json::Value;

use crate::Desk;

#[test]
fn bad_input_for_each_flag_names_it_and_exits_with_2() {
    let desk = Desk::furnished();
    let create = "token create fine --account acme --group standard";
    for (line, says) in [
        (
            "token create x --account acme --group standard",
            "invalid name",
        ),
        (
            &format!("{create} --expires soon"),
            "invalid expires: `soon`",
        ),
        (
            &format!("{create} --expires 2020-01-01"),
            "is not in the future",
        ),
        (&format!("{create} --quota lots"), "invalid quota: `lots`"),
        (
            &format!("{create} --quota -1"),
            "invalid quota: `-1` is negative",
        ),
        (&format!("{create} --models a,*,"), "invalid models"),
        (
            &format!("{create} --providers Open"),
            "invalid providers: `Open`",
        ),
        (
            &format!("{create} --endpoints chat"),
            "invalid endpoints: `chat`",
        ),
        (
            &format!("{create} --ips 10.0.0.1/8"),
            "write `10.0.0.0/8` for the whole network",
        ),
        ("token list --status active", "invalid status: `active`"),
        ("token list --sort age", "invalid sort: `age`"),
        (
            "token list --created-since ever",
            "invalid created_since: `ever`",
        ),
        (
            "token list --created-until ever",
            "invalid created_until: `ever`",
        ),
        ("token list --used-since ever", "invalid used_since: `ever`"),
        (
            "token list --unused-since ever",
            "invalid unused_since: `ever`",
        ),
        (
            "token list --expiring-within ever",
            "invalid expiring_within: `ever`",
        ),
        ("token list --cursor x", "invalid cursor"),
        ("token list --limit 0", "--limit"),
        ("token list --limit 201", "--limit"),
        (
            "group create vip --multiplier free",
            "invalid multiplier: `free`",
        ),
        (
            "model create gpt*5 --provider openai",
            "invalid name: `gpt*5`",
        ),
        (
            "model create gpt-5 --provider Open",
            "invalid provider: `Open`",
        ),
        (
            "upstream create two --base-url x --dialect openai --provider x --models gpt-4o",
            "invalid base_url",
        ),
        (
            "upstream create two --base-url https://x.com --dialect smtp --provider x --models gpt-4o",
            "invalid dialect",
        ),
        (
            "upstream create two --base-url https://x.com --dialect openai --provider x",
            "--mount",
        ),
        ("upstream test main --timeout 0", "invalid timeout"),
        ("upstream test main --model gpt-5", "invalid model"),
        (
            "explain --token none --model gpt-4o --ip here",
            "invalid ip: `here`",
        ),
        ("explain --token none --ip 10.0.0.1", "--model"),
        ("audit list --subject acme", "invalid subject: `acme`"),
        ("audit list --since ever", "invalid since: `ever`"),
        ("token edit none", "required"),
        ("nonsense", "unrecognized subcommand"),
    ] {
        let said = desk.run(line);
        assert_eq!(said.code, 2, "{line}: {said:?}");
        assert!(
            said.err.starts_with("error: ") && said.err.contains(says),
            "{line}: {}",
            said.err
        );
        assert_eq!(said.out, "", "{line}");
    }
    let list = desk.json("token list");
    assert_eq!(list["entries"], serde_json::json!([]), "nothing was made");
}

#[test]
fn what_is_not_there_exits_with_5_and_what_collides_with_1() {
    let desk = Desk::furnished();
    for (line, code, says) in [
        (
            "token create fine --account nobody --group standard",
            5,
            "there is no account `nobody`",
        ),
        (
            "token create fine --account acme --group nobody",
            5,
            "there is no group `nobody`",
        ),
        (
            "group show grp_0000000000007",
            5,
            "hint: `tollgate-admin group list`",
        ),
        ("upstream test nobody", 5, "there is no upstream `nobody`"),
        (
            "account create acme",
            1,
            "`acme` is taken by another account",
        ),
        ("group delete standard --yes", 0, ""),
        ("model delete gpt-4o --yes", 1, "still used by"),
    ] {
        let said = desk.run(line);
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(says), "{line}: {}", said.err);
    }
}

#[test]
fn scripts_get_errors_as_json_too() {
    let desk = Desk::furnished();
    for (line, code, kind) in [
        ("--output json token show nobody", 5, "not_found"),
        ("--output=json account create acme", 1, "conflict"),
        (
            "token list --status active --output json",
            2,
            "invalid_input",
        ),
        ("token list --limit many --output json", 2, "usage"),
        ("--output json token revoke nobody", 2, "usage"),
    ] {
        let said = desk.run(line);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{line}");
        let error: Value =
            serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{}", said.err));
        assert_eq!(error["error"]["kind"], kind, "{line}: {error}");
        assert!(
            error["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    let output = desk
        .command()
        .env("TOLLGATE_OUTPUT", "json")
        .arg("nonsense")
        .output()
        .unwrap();
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "usage");
}

#[test]
fn what_cannot_be_undone_needs_a_terminal_or_yes() {
    let desk = Desk::furnished();
    desk.json("token create first --account acme --group standard");
    for line in [
        "token revoke first",
        "token delete first",
        "group delete standard",
        "account delete acme",
        "model delete gpt-4o",
        "upstream delete main",
    ] {
        let said = desk.run(line);
        assert_eq!(said.code, 2, "{line}: {said:?}");
        assert!(said.err.contains("hint: add --yes"), "{line}: {}", said.err);
    }
    assert_eq!(desk.json("token show first")["status"], "enabled");
}

#[test]
fn a_key_file_of_another_store_is_refused_and_a_missing_one_is_not_replaced() {
    let desk = Desk::furnished();
    let other = Desk::furnished();
    let key = other.path("tollgate.key");
    let said = desk.run_words(&["--key-file", key.to_str().unwrap(), "token", "list"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("made with another master key"),
        "{}",
        said.err
    );
    assert!(said.err.contains("hint: name the key file"), "{}", said.err);
    let said = desk.run("--key-file missing.key token list");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("there is no key file `missing.key`"),
        "{}",
        said.err
    );
    assert!(!desk.path("missing.key").exists());
    std::fs::write(desk.path("bad.key"), "hello").unwrap();
    let said = desk.run("--key-file bad.key token list");
    assert!(said.code == 1 && said.err.contains("chmod 600"), "{said:?}");
}

#[test]
fn a_store_that_cannot_be_opened_is_named_without_its_password() {
    let desk = Desk::new();
    let said = desk.run("--store missing/folder/tollgate.db token list");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("missing/folder/tollgate.db"),
        "{}",
        said.err
    );
    let said = desk.run("--store postgres://ada:hunter2@127.0.0.1:1/tollgate token list");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("127.0.0.1") && !said.err.contains("hunter2"),
        "{}",
        said.err
    );
    let help = desk
        .command()
        .env("TOLLGATE_STORE", "postgres://ada:hunter2@db/x")
        .arg("--help")
        .output();
    assert!(
        !String::from_utf8(help.unwrap().stdout)
            .unwrap()
            .contains("hunter2")
    );
}

#[test]
fn a_reader_that_is_gone_changes_no_exit_code() {
    let desk = Desk::furnished();
    desk.json("token create first --account acme --group standard --ips 10.0.0.0/8");
    for format in ["table", "json"] {
        for (line, code) in [
            ("token list", 0),
            ("audit verify", 0),
            ("explain --token first --model gpt-4o --ip 192.0.2.1", 3),
            ("upstream test main", 1),
        ] {
            let said = desk.unread(&format!("--output {format} {line}"));
            assert_eq!(said.code, code, "{line}: {said:?}");
            assert!(!said.err.contains("error"), "{line}: {said:?}");
        }
    }
}
