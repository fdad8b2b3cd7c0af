//! What a permit holds, and what an operator reads in an explanation.

use super::*;
use crate::credits::Credits;
use crate::fixture::generated::{PERIODS, period};
use crate::fixture::{CRM, GPT, LIST, chat, model, models, patterns, providers};
use crate::price::Price;
use crate::quota::{PeriodicLimit, Spent};
use crate::token::Funds;
use crate::upstream::{PriceOverride, Pricing};
use crate::verdict::Rule;

/// The upstreams of a permit, with the name that the model has there.
fn candidates(world: &World, target: Target<'_>) -> Vec<(String, Option<String>)> {
    let (catalog, asked) = (world.catalog(), world.asked(target));
    let Verdict::Permit(permit) = evaluate(&catalog, &world.principal, &asked, NOW) else {
        panic!("refused");
    };
    assert_eq!(permit.principal(), &world.principal);
    assert_eq!(permit.group(), &world.groups[0]);
    permit
        .candidates()
        .map(|one| {
            let sent_as = one.route.and_then(|route| route.served.sent_as.as_ref());
            let name = one.upstream.name.to_string();
            (name, sent_as.map(ToString::to_string))
        })
        .collect()
}

#[test]
fn a_permit_names_what_may_serve_the_call() {
    let world = World::new();
    let first = ("first".to_owned(), None);
    let second = ("second".to_owned(), Some("gpt-eu".to_owned()));
    assert_eq!(candidates(&world, GPT), [first, second]);
    assert_eq!(candidates(&world, CRM), [("crm".to_owned(), None)]);
    assert_eq!(candidates(&world, LIST), []);
}

#[test]
fn a_permit_leaves_out_what_may_not_serve_the_call() {
    let mut world = World::new();
    world.scope(Layer::Token).providers = providers(["azure", "acme"]);
    let second = ("second".to_owned(), Some("gpt-eu".to_owned()));
    assert_eq!(candidates(&world, GPT), [second]);
    // The same model in a second dialect: each endpoint keeps to its own.
    let mut world = World::new();
    world.upstreams[2].serves = models([("opus", None), ("gpt-4o", None)]);
    assert_eq!(candidates(&world, GPT).len(), 2);
    let messages = Target::Model {
        endpoint: Endpoint::Messages,
        model: "gpt-4o",
    };
    assert_eq!(candidates(&world, messages), [("third".to_owned(), None)]);
}

#[test]
fn a_permit_reaches_what_is_open_to_the_token_whether_it_serves_a_model_or_not() {
    let stored = Target::Gateway {
        endpoint: Endpoint::StoredResponses,
    };
    let reached = |change: fn(&mut World)| {
        let mut world = World::new();
        change(&mut world);
        let (catalog, asked) = (world.catalog(), world.asked(stored));
        let Verdict::Permit(permit) = evaluate(&catalog, &world.principal, &asked, NOW) else {
            panic!("refused");
        };
        permit.may_reach(world.upstreams[0].id)
    };
    assert!(reached(|_| {}));
    assert!(reached(|world| world.upstreams[0].serves = models([])));
    assert!(!reached(|world| world.upstreams[0].enabled = false));
    assert!(!reached(|world| {
        world.scope(Layer::Token).providers = providers(["azure"]);
    }));
}

#[test]
fn a_permit_leaves_out_what_would_serve_the_call_at_a_price_that_is_not_known() {
    let mut world = World::new();
    let odd: Price = "search=1".parse().unwrap();
    world.models[0].pricing.overrides = vec![PriceOverride {
        provider: Some("openai".parse().unwrap()),
        group: None,
        price: odd,
    }];
    let second = ("second".to_owned(), Some("gpt-eu".to_owned()));
    assert_eq!(candidates(&world, GPT), [second]);
}

#[test]
fn a_default_price_stands_in_for_one_that_is_missing() {
    let mut world = World::new();
    world.models[0].pricing = Pricing::default();
    world.upstreams[3].price = None;
    let default: Price = "input=7,output=8,request=9".parse().unwrap();
    world.default_price = Some(default);
    for (target, number) in [(GPT, 2), (CRM, 1)] {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        let Verdict::Permit(permit) = evaluate(&catalog, &world.principal, &asked, NOW) else {
            panic!("refused");
        };
        let prices: Vec<Price> = permit.candidates().map(|one| *one.price).collect();
        assert_eq!(prices, vec![default; number]);
    }
}

#[test]
fn an_explanation_tells_prices_and_what_is_left_of_each_limit() {
    let mut world = World::new();
    let limit = |micros, one| PeriodicLimit {
        limit: Credits::from_micros(micros),
        period: period(PERIODS[one]),
    };
    let spent = |used| Spent {
        used: Credits::from_micros(used),
        held: Credits::from_micros(9_000_000),
    };
    world.principal.token.quota = Quota {
        lifetime: Some(Credits::from_micros(5_000_000)),
        periodic: Some(limit(2_000_000, 1)),
    };
    let begin = Timestamp::parse(PERIODS[1].begin).unwrap();
    world.principal.spent = Standing {
        lifetime: spent(500_000),
        periodic: Some((begin, spent(250_000))),
    };
    world.principal.account.funds = Funds {
        credited: Some(Credits::from_micros(20_000_000)),
        credit_line: Credits::from_micros(1_000_000),
        periodic: Some(limit(3_000_000, 3)),
    };
    world.principal.account_spent = Standing {
        lifetime: spent(20_500_000),
        // A period that has ended: nothing of it counts.
        periodic: Some((begin, spent(3_000_000))),
    };
    let (catalog, asked) = (world.catalog(), world.asked(GPT));
    let steps = explain(&catalog, &world.principal, &asked, NOW).steps;
    let money = steps.iter().filter(|one| one.rule() >= Rule::Price);
    let told: Vec<String> = money
        .map(|one| {
            let until = one.until.map_or(String::new(), |at| format!(" until {at}"));
            format!(
                "{} {}: {}{until}",
                one.kind.name(),
                one.layer.name(),
                one.saw
            )
        })
        .collect();
    let expected = "\
price_unknown catalog: input=1,output=4,request=0.001
quota_exhausted token: 4.5 of 5 credits left
period_exhausted token: 1.75 of 2 credits left until 2027-01-15T23:00:00Z
quota_exhausted account: 0.5 of 21 credits left
period_exhausted account: 3 of 3 credits left until 2027-02-01T00:00:00Z";
    assert_eq!(told.join("\n"), expected);
    assert!(steps.iter().all(|one| one.passed));
}

#[test]
fn a_reason_that_is_found_after_the_decision_is_a_refusal_by_itself() {
    let reason = Reason {
        kind: ReasonKind::RequestLimit,
        layer: Layer::Group,
        until: Some(NOW),
        saw: "60 requests".to_owned(),
        wanted: "at most 60 in a minute".to_owned(),
    };
    let refusal = Refusal::because(reason.clone());
    assert_eq!(refusal.first(), &reason);
    assert_eq!(refusal.reasons().collect::<Vec<_>>(), [&reason]);
}

#[test]
fn an_explanation_lists_every_rule_with_what_it_saw() {
    let mut world = World::new();
    world.scope(Layer::Account).models = patterns(["gpt-*", "o3"]);
    let (catalog, asked) = (world.catalog(), world.asked(chat("opus")));
    let explanation = explain(&catalog, &world.principal, &asked, NOW);
    let lines: Vec<String> = explanation
        .steps
        .iter()
        .map(|step| {
            let mark = if step.passed { "+" } else { "-" };
            let (rule, layer) = (step.rule().name(), step.layer.name());
            format!("{mark} {rule} {layer}: {} | {}", step.saw, step.wanted)
        })
        .collect();
    let expected = "\
+ secret token: no end | a secret that was not rotated away
+ status token: enabled | not revoked
+ status token: enabled | not disabled
+ status token: no end | an expiry in the future, or none
+ status account: enabled | enabled
+ status catalog: grp_0000000000001 | a group that exists
+ network token: 203.0.113.7 | any
+ network account: 203.0.113.7 | any
+ network group: 203.0.113.7 | any
+ endpoint token: chat.completions | any
+ endpoint account: chat.completions | any
+ endpoint group: chat.completions | any
+ model catalog: `opus` | a model of the gallery that is enabled
+ model token: `opus` | any
- model account: `opus` | gpt-*, o3
+ model group: `opus` | any
- upstream catalog: `third` speaks anthropic | one enabled upstream that speaks openai, serves the group `standard` and is of a provider that token, account and group all allow
+ quota token: unlimited | more than 0 credits left
+ quota token: unlimited | more than 0 credits left
+ quota account: unlimited | more than 0 credits left
+ quota account: unlimited | more than 0 credits left";
    assert_eq!(lines.join("\n"), expected);
    let Verdict::Refuse(refusal) = explanation.verdict else {
        panic!("permitted");
    };
    let text = refusal.first().to_string();
    let expected = "model_not_allowed: account saw `opus`, wants gpt-*, o3";
    assert_eq!(text, expected);
}

#[test]
fn models_are_reachable_through_an_endpoint_that_every_layer_allows() {
    let reachable = |change: fn(&mut World)| {
        let mut world = World::new();
        world.models.push(model(3, "lone", "openai"));
        change(&mut world);
        let catalog = world.catalog();
        let names = reachable_models(&catalog, &world.principal)
            .map(|offer| offer.model.name.to_string())
            .collect::<Vec<_>>();
        names.join(" ")
    };
    assert_eq!(reachable(|_| ()), "gpt-4o opus");
    let messages = |world: &mut World| {
        world.scope(Layer::Group).endpoints = patterns(["messages", "models"]);
    };
    assert_eq!(reachable(messages), "opus");
    let list = |world: &mut World| world.scope(Layer::Token).endpoints = patterns(["models"]);
    assert_eq!(reachable(list), "");
    let withdrawn = |world: &mut World| world.models[0].enabled = false;
    assert_eq!(reachable(withdrawn), "opus");
    let unpriced = |world: &mut World| world.models[0].pricing = Pricing::default();
    assert_eq!(reachable(unpriced), "opus");
    assert_eq!(reachable(|world| world.groups.clear()), "");
    let foreign = |world: &mut World| world.upstreams[2].dialect = crate::endpoint::Dialect::Plain;
    assert_eq!(reachable(foreign), "gpt-4o");
}
