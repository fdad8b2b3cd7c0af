//! What a permit holds, and what an operator reads in an explanation.

use super::*;
use crate::fixture::{CRM, GPT, LIST, chat, model, models, patterns, providers};

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
        .map(|(upstream, route)| {
            let sent_as = route.and_then(|route| route.served.sent_as.as_ref());
            (upstream.name.to_string(), sent_as.map(ToString::to_string))
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
+ quota token: unlimited | more than 0 credits left";
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
    assert_eq!(reachable(|world| world.groups.clear()), "");
    let foreign = |world: &mut World| world.upstreams[2].dialect = crate::endpoint::Dialect::Gemini;
    assert_eq!(reachable(foreign), "gpt-4o");
}
