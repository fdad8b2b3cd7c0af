//! What holds for every gateway and every call.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::fixture::plainly::{may_serve, permitted, present, price};
use crate::fixture::{LAYERS, generated};
use crate::scope::Allow;
use crate::token::Funds;
use crate::verdict::Rule;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_verdict_agrees_with_the_rules_said_plainly(
        world in generated::world(),
        target in generated::target(),
    ) {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        let verdict = evaluate(&catalog, &world.principal, &asked, NOW);
        let expected = permitted(&world, target);
        prop_assert_eq!(matches!(verdict, Verdict::Permit(_)), expected, "{:?}", verdict);
    }

    #[test]
    fn an_explanation_agrees_with_the_verdict(
        world in generated::world(),
        target in generated::target(),
    ) {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        let verdict = evaluate(&catalog, &world.principal, &asked, NOW);
        agree(&explain(&catalog, &world.principal, &asked, NOW), &verdict);
    }

    #[test]
    fn candidates_are_exactly_the_upstreams_that_pass_every_rule(
        world in generated::world(),
        target in generated::target(),
    ) {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        if let Verdict::Permit(permit) = evaluate(&catalog, &world.principal, &asked, NOW) {
            let mut found: Vec<_> = permit.candidates().map(|one| one.upstream.id).collect();
            found.sort();
            let all = world.upstreams.iter().filter(|one| may_serve(&world, one, target));
            let expected: Vec<_> = all.map(|one| one.id).collect();
            prop_assert_eq!(&found, &expected);
            let answered = target.is_answered_here();
            prop_assert_eq!(found.is_empty(), answered);
        }
    }

    #[test]
    fn every_candidate_has_the_closest_price_list_and_it_covers_the_call(
        world in generated::world(),
        target in generated::target(),
    ) {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        if let Verdict::Permit(permit) = evaluate(&catalog, &world.principal, &asked, NOW) {
            for one in permit.candidates() {
                let mut upstreams = world.upstreams.iter();
                let upstream = upstreams.find(|known| known.id == one.upstream.id).unwrap();
                prop_assert_eq!(Some(*one.price), price(&world, upstream, target));
            }
        }
    }

    #[test]
    fn a_reason_ends_by_itself_only_with_the_period_that_it_is_about(
        world in generated::world(),
        target in generated::target(),
    ) {
        let (catalog, asked) = (world.catalog(), world.asked(target));
        let verdict = evaluate(&catalog, &world.principal, &asked, NOW);
        for reason in reasons(&verdict) {
            let limit = match (reason.kind, reason.layer) {
                (ReasonKind::PeriodExhausted, Layer::Token) => &world.principal.token.quota.periodic,
                (ReasonKind::PeriodExhausted, Layer::Account) => {
                    &world.principal.account.funds.periodic
                }
                _ => &None,
            };
            prop_assert_eq!(reason.until, limit.as_ref().map(|limit| present(limit).1));
        }
    }

    #[test]
    fn reachable_models_are_those_that_some_endpoint_permits(world in generated::world()) {
        let well = healthy(world);
        let catalog = well.catalog();
        let permits = |endpoint: Endpoint, model: &str| {
            let asked = well.asked(Target::Model { endpoint, model });
            let verdict = evaluate(&catalog, &well.principal, &asked, NOW);
            endpoint.relayed() && matches!(verdict, Verdict::Permit(_))
        };
        let names = catalog.offers().map(|offer| offer.model.name.as_str());
        let expected: Vec<&str> = names
            .filter(|name| Endpoint::ALL.iter().any(|endpoint| permits(*endpoint, name)))
            .collect();
        let found: Vec<&str> = reachable_models(&catalog, &well.principal)
            .map(|offer| offer.model.name.as_str())
            .collect();
        prop_assert_eq!(found, expected);
    }
}

/// The same rights, for a caller whose status, address and quotas are no obstacle.
fn healthy(mut world: World) -> World {
    let token = &mut world.principal.token;
    token.state = TokenState::Enabled;
    token.expires_at = None;
    token.quota = Quota::UNLIMITED;
    world.principal.account.enabled = true;
    world.principal.account.funds = Funds::default();
    world.secret_valid_until = None;
    for layer in LAYERS {
        world.scope(layer).networks = Allow::Any;
    }
    world
}

/// Without this, the properties above could hold because nothing ever happens.
#[test]
fn the_generated_calls_meet_permits_and_every_reason() {
    let mut runner = TestRunner::deterministic();
    let strategy = (generated::world(), generated::target());
    let (mut permits, mut seen) = (0, std::collections::BTreeSet::new());
    for _ in 0..2000 {
        let (world, target) = strategy.new_tree(&mut runner).unwrap().current();
        let (catalog, asked) = (world.catalog(), world.asked(target));
        match evaluate(&catalog, &world.principal, &asked, NOW) {
            Verdict::Permit(permit) => permits += usize::from(permit.candidates().next().is_some()),
            Verdict::Refuse(refusal) => seen.extend(refusal.reasons().map(met)),
        }
    }
    assert!((300..1700).contains(&permits), "{permits} permits of 2000");
    // Each kind that a decision can give, and each of the four limits.
    assert_eq!(seen.len(), 18, "{seen:?}");
}

/// What tells reasons apart here: the kind, and of quotas also whose it is.
fn met(reason: &Reason) -> (ReasonKind, Option<Layer>) {
    let quota = reason.rule() == Rule::Quota;
    (reason.kind, quota.then_some(reason.layer))
}
