use serde_json::{Value, json};

use crate::{Desk, text};

#[test]
fn a_new_account_holds_nothing_and_says_how_to_add_credits() {
    let desk = Desk::furnished();
    let said = desk.run("account create beta");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("It holds no credits"), "{}", said.err);
    assert!(said.err.contains("tollgate-admin account top-up acc_"));
    let said = desk.run_words(&["account", "top-up", "beta", "25", "--note", "invoice 7"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("remaining 25: credited 25"), "{said:?}");
    let shown = desk.json("account show beta");
    assert_eq!(
        (&shown["credited"], &shown["remaining"]),
        (&json!("25"), &json!("25"))
    );
    assert!(desk.run("account create gamma --unlimited").err.is_empty());
    let said = desk.run("account create delta --balance 5 --credit-line 1 --rpm 60");
    assert!(
        said.err.is_empty() && said.out.contains("remaining 6:"),
        "{said:?}"
    );
}

#[test]
fn credits_are_taken_back_only_where_that_was_said_and_meant() {
    let desk = Desk::furnished();
    desk.json("account create beta --balance 25");
    let said = desk.run("account top-up beta -5");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("add --take-back"), "{}", said.err);
    let said = desk.run("account top-up beta 5 --take-back");
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("no terminal to ask on"), "{}", said.err);
    let taken = desk.json("account top-up beta 5 --take-back --yes");
    assert_eq!(taken["remaining"], json!("20"));
    let statement = desk.json("account statement beta");
    assert_eq!(statement["entries"][0]["amount"], json!("-5"));
    let table = desk.run("account statement beta");
    assert_eq!(table.out.lines().count(), 3, "{}", table.out);
    assert!(table.err.contains("2 entries"), "{}", table.err);
    let said = desk.run("account top-up acme 5");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(
        said.err.contains("account edit 'acme' --limited"),
        "{said:?}"
    );
}

#[test]
fn a_token_says_what_it_may_spend_and_what_it_would_refuse_now() {
    let desk = Desk::furnished();
    desk.json(
        "token create nightly --account acme --group standard --quota 25 --periodic 10/day@Europe/Berlin --rpm 60 --concurrency none",
    );
    let said = desk.run("token show nightly");
    let line = |name: &str| {
        let start = format!("{name}\t");
        let found = said.out.lines().find_map(|line| line.strip_prefix(&start));
        found.unwrap_or_else(|| panic!("no {name} in {}", said.out))
    };
    assert_eq!(line("quota"), "25");
    assert!(
        line("period").starts_with("10/day@Europe/Berlin: used 0, held 0, remaining 10; resets 2")
    );
    assert_eq!(line("limits"), "60 requests a minute");
    assert_eq!(line("account balance"), "unlimited: used 0, held 0");
    assert_eq!(line("group limits"), "unlimited");
    assert_eq!(line("may call now"), "1 model");
    assert!(line("would be refused now").starts_with("nothing"));
    desk.json("token edit nightly --quota 0");
    let shown = desk.json("token show nightly");
    assert_eq!(text(&shown, "/status"), "exhausted");
    assert_eq!(text(&shown, "/refuses/0/code"), "quota_exhausted");
    assert_eq!(shown["funds"]["credited"], Value::Null);
    let said = desk.run("token show nightly");
    assert!(
        said.out
            .contains("would be refused now\tquota exhausted (token: 0 of 0 credits left)"),
        "{}",
        said.out
    );
    let list = desk.run("token list");
    assert!(
        list.out
            .starts_with("name\tid\tstatus\tgroup\taccount\tused\theld\tremaining")
    );
    let edited = desk.json("token edit nightly --quota none --periodic none --rpm none");
    assert_eq!(
        (&edited["quota"], &edited["periodic"], &edited["rpm"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for (flag, value) in [("--periodic", "10/year"), ("--rpm", "0"), ("--quota", "-1")] {
        let said = desk.run(&format!("token edit nightly {flag} {value}"));
        assert_eq!(said.code, 2, "{said:?}");
    }
}

#[test]
fn a_group_is_made_with_its_terms() {
    let desk = Desk::furnished();
    let made = desk.json(
        "group create trusted --rpm 600 --shared-limits --enforcement lenient --on-leave drain:30",
    );
    assert_eq!(
        (&made["rpm"], &made["shared_limits"], &made["on_leave"]),
        (&json!(600), &json!(true), &json!("drain:30"))
    );
    let edited = desk.json("group edit trusted --shared-limits=false --enforcement strict");
    assert_eq!(
        (&edited["shared_limits"], &edited["enforcement"]),
        (&json!(false), &json!("strict"))
    );
    let said = desk.run("group show trusted");
    assert!(
        said.out
            .contains("limits\t600 requests a minute (each token)"),
        "{}",
        said.out
    );
}

#[test]
fn prices_are_set_shown_and_removed() {
    let desk = Desk::furnished();
    let said = desk.run("model create bare --provider openai");
    assert_eq!(said.code, 0);
    assert!(said.err.contains("Its price is unknown"), "{}", said.err);
    desk.json("model price set gpt-4o --provider azure input=3,output=12");
    desk.json("model price set gpt-4o --group standard free");
    let said = desk.run("model show gpt-4o");
    assert!(
        said.out.contains("price\tinput=2.5,output=10\n"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("price of some\tprovider azure: input=3,output=12\n"),
        "{}",
        said.out
    );
    assert!(said.out.contains("price of some\tgroup standard: free\n"));
    let removed = desk.json("model price remove gpt-4o --group standard");
    assert_eq!(removed["prices"].as_array().unwrap().len(), 1);
    assert_eq!(
        desk.run("model price remove gpt-4o --group standard").code,
        1
    );
    let said = desk.run("model edit gpt-4o --price 2.5");
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("hint: such as `input=2.5"),
        "{}",
        said.err
    );
    let windowed = desk.json("model edit gpt-4o --context 128000 --max-output 16384 --price free");
    assert_eq!(
        (&windowed["context"], &windowed["price"]),
        (&json!(128_000), &json!("free"))
    );
    assert_eq!(desk.json("model default-price")["price"], Value::Null);
    let said = desk.run("model default-price input=1,output=1");
    assert!(said.out.contains("costs input=1,output=1"), "{}", said.out);
    assert_eq!(
        desk.json("model default-price refuse")["price"],
        Value::Null
    );
    let mount = desk.json("upstream create crm --dialect plain --provider crm --mount crm --base-url http://127.0.0.1:1 --allow-private --no-credential --price request=0.001");
    assert_eq!(mount["price"], json!("request=0.001"));
}

#[test]
fn explain_names_prices_periods_and_what_it_cannot_know() {
    let desk = Desk::furnished();
    desk.json("token create nightly --account acme --group standard --periodic 10/day --rpm 60");
    let said = desk.run("explain --token nightly --model gpt-4o --ip 10.0.0.1");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains(
            "Permitted; served by main at input=2.5,output=10; the group multiplies prices by 1.\n"
        ),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("10 of 10 credits left (until 2"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("Not known here: whether there is room in the limits of the token"),
        "{}",
        said.out
    );
    desk.json("model edit gpt-4o --price unknown");
    let said = desk.run("explain --token nightly --model gpt-4o --ip 10.0.0.1");
    assert!(
        said.code == 3 && said.out.contains("Refused: price_unknown."),
        "{said:?}"
    );
}

#[test]
fn an_import_shows_what_it_would_do_and_then_does_it() {
    let desk = Desk::furnished();
    let file = json!({
        "small": {
            "litellm_provider": "acme", "mode": "chat", "max_input_tokens": 8000,
            "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6
        },
        "gpt-4o": {
            "litellm_provider": "openai", "input_cost_per_token": 5e-6,
            "output_cost_per_token": 2e-5
        },
        "film": { "mode": "video_generation" }
    });
    std::fs::write(desk.path("prices.json"), file.to_string()).unwrap();
    let said = desk.run("model import --from litellm prices.json --dry-run");
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.err.contains("Nothing was done; it would be: 1 created, 0 updated, 0 unchanged, 1 left alone, 1 skipped; prices of 1 exact, of 0 approximate."),
        "{}",
        said.err
    );
    assert_eq!(desk.json("model list").as_array().unwrap().len(), 1);
    let done = desk.json("model import --from litellm prices.json --update --only small,gpt-*");
    assert_eq!(
        (&done["created"], &done["updated"], &done["skipped"]),
        (&json!(1), &json!(1), &json!(0))
    );
    assert_eq!(
        desk.json("model show gpt-4o")["price"],
        json!("input=5,output=20")
    );
    let said = desk.run("model import --from new-api nowhere.json");
    assert_eq!(said.code, 2, "{said:?}");
    std::fs::write(
        desk.path("ratios.json"),
        r#"{"ModelRatio":{"m":1},"CompletionRatio":{"m":NaN}}"#,
    )
    .unwrap();
    let said = desk.run("model import --from new-api ratios.json");
    assert!(
        said.code == 2
            && said.err.contains(
                "invalid file: it is no JSON object of options: expected value at line 1"
            ),
        "{said:?}"
    );
}

#[test]
fn reports_are_tables_json_or_csv_and_only_lists_are_csv() {
    let desk = Desk::furnished();
    let said = desk.run("usage --by token,day --from 30d --to 2099-01-01");
    assert_eq!(
        said.out.lines().next(),
        Some("token\tday\trequests\tfailed\testimated\tinput\tcached\toutput\tcost\tuncovered")
    );
    let said = desk.run("--output csv usage --by token,day");
    assert_eq!(
        said.out,
        "token,token id,day,requests,failed,estimated,input,cached,output,cost,uncovered\r\n"
    );
    assert_eq!(desk.json("usage --by model")["rows"], json!([]));
    assert_eq!(desk.json("receipt list")["entries"], json!([]));
    assert_eq!(desk.json("alert list")["entries"], json!([]));
    let said = desk.run("--output csv model list");
    assert!(
        said.out.contains("enabled,\"input=2.5,output=10\",unknown"),
        "{}",
        said.out
    );
    let said = desk.run("--output csv model show gpt-4o");
    assert!(
        said.code == 2 && said.err.contains("only lists"),
        "{said:?}"
    );
    let said = desk.run(&format!("receipt show req_{:032x}", 1));
    assert_eq!(said.code, 5, "{said:?}");
    assert_eq!(desk.run("usage prune --keep-receipts 90d").code, 2);
    let pruned = desk.json("usage prune --keep-receipts 90d --keep-days 400d --yes");
    assert_eq!(pruned, json!({ "receipts": 0, "days": 0 }));
    assert_eq!(desk.run("usage prune --yes").code, 2);
}
