//! What a group says shall take a model's place comes after it, where the token may use it.

use super::health::{Told, aside};
use super::*;
use crate::fixture::{chat, model, patterns};

/// Three models at two upstreams: 1 serves `gpt-4o` and `mini`, 2 serves `mini` and `nano`.
fn world(fallbacks: &[&str]) -> World {
    let mut world = World::new();
    world.models = vec![
        model(1, "gpt-4o", "openai"),
        model(2, "mini", "openai"),
        model(3, "nano", "openai"),
    ];
    let first = models([("gpt-4o", Some("gpt-eu")), ("mini", None)]);
    let second = models([("mini", Some("mini-eu")), ("nano", None)]);
    world.upstreams = vec![
        upstream(1, "first", "openai", Dialect::OpenAi, first),
        upstream(2, "second", "azure", Dialect::OpenAi, second),
    ];
    world.upstreams[0].priority = 1;
    let others = fallbacks.iter().map(|name| name.parse().unwrap()).collect();
    let terms = &mut world.groups[0].terms;
    let asked = "gpt-4o".parse().unwrap();
    terms.fallbacks.set(asked, others).unwrap();
    world
}

fn order(seen: &[Seen]) -> Vec<(i64, &str, Option<&str>)> {
    seen.iter()
        .map(|one| {
            let model = one.model.as_deref().unwrap();
            (one.upstream, model, one.sent_as.as_deref())
        })
        .collect()
}

#[test]
fn fallbacks_come_after_the_model_and_are_always_named_to_the_upstream() {
    let seen = draw(&world(&["nano", "mini"]), GPT, 7);
    let expected = [
        (1, "gpt-4o", Some("gpt-eu")),
        (2, "nano", Some("nano")),
        (1, "mini", Some("mini")),
        (2, "mini", Some("mini-eu")),
    ];
    assert_eq!(order(&seen), expected);
}

#[test]
fn a_fallback_has_the_price_of_its_own_model() {
    let mut world = world(&["mini"]);
    world.models[1].pricing.base = Some("input=9,output=9".parse().unwrap());
    let seen = draw(&world, GPT, 7);
    assert_eq!(seen[0].quote.price, price());
    let dear: Price = "input=9,output=9".parse().unwrap();
    assert!(seen[1..].iter().all(|one| one.quote.price == dear));
}

#[test]
fn a_fallback_is_judged_as_the_model_is() {
    let refused: [fn(&mut World); 5] = [
        |world| world.principal.token.scope.models = patterns(["gpt-*", "nano"]),
        |world| world.principal.account.scope.models = patterns(["gpt-*"]),
        |world| world.models[1].enabled = false,
        |world| world.models[1].pricing.base = None,
        |world| world.models.retain(|model| model.name.as_str() != "mini"),
    ];
    assert_eq!(draw(&world(&["mini"]), GPT, 7).len(), 3);
    for change in refused {
        let mut world = world(&["mini"]);
        change(&mut world);
        let gallery: Vec<_> = world.models.iter().map(|one| one.name.clone()).collect();
        for upstream in &mut world.upstreams {
            if let crate::upstream::Serves::Models(served) = &mut upstream.serves {
                served.retain(|one| gallery.contains(&one.name));
            }
        }
        let seen = draw(&world, GPT, 7);
        assert_eq!(order(&seen), [(1, "gpt-4o", Some("gpt-eu"))]);
    }
}

#[test]
fn what_takes_a_place_is_not_replaced_itself_and_other_models_are_not_touched() {
    let mut world = world(&["mini"]);
    let fallbacks = &mut world.groups[0].terms.fallbacks;
    let nano = vec!["nano".parse().unwrap()];
    fallbacks.set("mini".parse().unwrap(), nano).unwrap();
    let seen = draw(&world, GPT, 7);
    assert!(seen.iter().all(|one| one.model.as_deref() != Some("nano")));
    assert_eq!(draw(&world, chat("nano"), 7).len(), 1);
}

#[test]
fn a_fallback_serves_where_all_that_serves_the_model_is_put_aside() {
    let told = Told {
        upstreams: BTreeMap::from([(1, aside(30))]),
        credentials: BTreeMap::new(),
    };
    let seen = draw_with(&world(&["mini"]), GPT, 7, &told).unwrap();
    assert_eq!(order(&seen), [(2, "mini", Some("mini-eu"))]);
    assert!(draw_with(&world(&[]), GPT, 7, &told).is_err());
}
