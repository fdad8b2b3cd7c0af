//! Everything that the command line can do, the API can do too, or it says why not.

use std::collections::BTreeSet;

use clap::CommandFactory;
use serde_json::Value;

use super::Arguments;

/// Each command with its routes; in the place of a route, `-` and why there is none.
const COMMANDS: &str = "
    token create                 POST /tokens
    token list                   GET /tokens
    token show                   GET /tokens/{id} GET /tokens/{id}/standing
    token edit                   PATCH /tokens/{id}
    token enable                 POST /tokens/{id}/enable POST /tokens/bulk
    token disable                POST /tokens/{id}/disable
    token rotate                 POST /tokens/{id}/rotate
    token reveal                 POST /tokens/{id}/reveal
    token revoke                 POST /tokens/{id}/revoke
    token delete                 DELETE /tokens/{id}
    group create                 POST /groups
    group list                   GET /groups
    group show                   GET /groups/{id}
    group edit                   PATCH /groups/{id}
    group delete                 DELETE /groups/{id}
    account create               POST /accounts
    account list                 GET /accounts
    account show                 GET /accounts/{id}
    account edit                 PATCH /accounts/{id}
    account top-up               POST /accounts/{id}/credits
    account statement            GET /accounts/{id}/statement
    account enable               PATCH /accounts/{id}
    account disable              PATCH /accounts/{id}
    account delete               DELETE /accounts/{id}
    model create                 POST /models
    model list                   GET /models
    model show                   GET /models/{id}
    model edit                   PATCH /models/{id}
    model enable                 PATCH /models/{id}
    model disable                PATCH /models/{id}
    model delete                 DELETE /models/{id}
    model price set              PUT /models/{id}/prices
    model price remove           DELETE /models/{id}/prices
    model default-price          GET /default-price PUT /default-price
    model import                 POST /models/import
    upstream create              POST /upstreams
    upstream list                GET /upstreams
    upstream show                GET /upstreams/{id}
    upstream edit                PATCH /upstreams/{id}
    upstream enable              PATCH /upstreams/{id}
    upstream disable             PATCH /upstreams/{id}
    upstream delete              DELETE /upstreams/{id}
    upstream test                POST /upstreams/{id}/test
    upstream credential add      PUT /upstreams/{id}/credentials/{name}
    upstream credential list     GET /upstreams/{id}
    upstream credential replace  PUT /upstreams/{id}/credentials/{name}
    upstream credential enable   PUT /upstreams/{id}/credentials/{name}
    upstream credential disable  PUT /upstreams/{id}/credentials/{name}
    upstream credential remove   DELETE /upstreams/{id}/credentials/{name}
    usage                        GET /usage
    usage prune                  POST /usage/prune
    receipt show                 GET /receipts/{id}
    receipt list                 GET /receipts
    refusal show                 GET /refusals/{id}
    refusal list                 GET /refusals
    refusal count                GET /refusals/count
    gateway list                 GET /gateways
    gateway first-bytes          GET /first-bytes
    alert list                   GET /alerts
    explain                      POST /explain GET /explain/{id}
    audit list                   GET /audit
    audit verify                 GET /audit/verify
    init                         - there is nobody yet who could call the API
    member invite                POST /members
    member list                  GET /members
    member show                  GET /members/{id}
    member edit                  PATCH /members/{id} POST /members/{id}/remove-totp
    member enable                PATCH /members/{id}
    member disable               PATCH /members/{id}
    member reset-password        POST /members/{id}/reset-password
    member delete                DELETE /members/{id}
    session list                 GET /sessions
    session revoke               DELETE /sessions/{id} DELETE /members/{id}/sessions
    api-credential create        POST /api-credentials
    api-credential list          GET /api-credentials
    api-credential revoke        DELETE /api-credentials/{id}
    sealing-key new              - the key is a file of this machine, which the API never sees
    serve                        - it is what answers the API
    completions                  - it is for the shell of this machine
    man                          - it is for this machine
";

/// What only somebody does who is signed in, or who has a one-time code.
const PERSONAL: [&str; 7] = [
    "GET /me",
    "POST /me/password",
    "POST /me/totp",
    "POST /me/totp/confirm",
    "POST /me/totp/remove",
    "POST /links/look",
    "POST /links/redeem",
];

/// Commands of the table, with what stands behind each.
fn table() -> Vec<(String, Vec<String>)> {
    let lines = COMMANDS
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let split = lines.map(|line| {
        let (command, rest) = line.split_once("  ").unwrap();
        let rest = rest.trim();
        if rest.starts_with("- ") {
            return (command.to_owned(), Vec::new());
        }
        let words: Vec<&str> = rest.split(' ').collect();
        let routes = words.chunks(2).map(|pair| pair.join(" ")).collect();
        (command.to_owned(), routes)
    });
    split.collect()
}

/// Every command that can be carried out.
fn walk(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    for one in command
        .get_subcommands()
        .filter(|one| one.get_name() != "help")
    {
        let name = format!("{path} {}", one.get_name()).trim().to_owned();
        if !one.is_subcommand_required_set() {
            found.insert(name.clone());
        }
        walk(one, &name, found);
    }
}

fn routes() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&tollgate_console::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    all.collect()
}

#[test]
fn every_command_has_a_route_of_the_api_or_a_reason_why_not() {
    let mut commands = BTreeSet::new();
    walk(&Arguments::command(), "", &mut commands);
    let known: BTreeSet<String> = table().into_iter().map(|(command, _)| command).collect();
    assert_eq!(commands, known);
}

#[test]
fn every_route_of_the_table_is_served_and_every_route_that_is_served_has_a_command() {
    let mut named: BTreeSet<String> = table().into_iter().flat_map(|(_, all)| all).collect();
    named.extend(PERSONAL.map(str::to_owned));
    assert_eq!(routes(), named);
}
