//! What holds for every gateway and every call.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::fixture::{LAYERS, generated};
use crate::scope::Allow;
use crate::upstream::{Serves, Upstream};

/// The rules once more, as one plain sentence each, without order, layers by name or reasons.
fn permitted(world: &World, target: Target<'_>) -> bool {
    let Principal {
        token,
        account,
        used,
    } = &world.principal;
    let Some(group) = world.groups.iter().find(|group| group.id == token.group) else {
        return false;
    };
    let scopes = [&token.scope, &account.scope, &group.scope];
    let healthy = token.state == TokenState::Enabled
        && account.enabled
        && token.expires_at.is_none_or(|at| NOW < at)
        && world.secret_valid_until.is_none_or(|until| NOW < until);
    let address = world.address.to_canonical();
    let endpoint = target.to_string();
    let open = scopes.iter().all(|scope| {
        let near = scope.networks.any(|network| network.contains(address));
        near && scope.endpoints.any(|pattern| pattern.matches(&endpoint))
    });
    let solvent = token.quota.is_none_or(|quota| *used < quota);
    let served = || {
        world
            .upstreams
            .iter()
            .any(|one| may_serve(world, one, target))
    };
    healthy && open && (matches!(target, Target::Gateway { .. }) || (solvent && served()))
}

fn may_serve(world: &World, upstream: &Upstream, target: Target<'_>) -> bool {
    let Principal { token, account, .. } = &world.principal;
    let group = world
        .groups
        .iter()
        .find(|group| group.id == token.group)
        .unwrap();
    let scopes = [&token.scope, &account.scope, &group.scope];
    let asked = match (target, &upstream.serves) {
        (Target::Mount { prefix }, Serves::Mount(mounted)) => mounted.as_str() == prefix,
        (Target::Model { model, .. }, Serves::Models(served)) => {
            let gallery = world.models.iter().filter(|one| one.enabled);
            gallery
                .map(|one| one.name.as_str())
                .any(|name| name == model)
                && served.iter().any(|one| one.name.as_str() == model)
                && scopes
                    .iter()
                    .all(|scope| scope.models.any(|pattern| pattern.matches(model)))
        }
        _ => false,
    };
    asked
        && upstream.enabled
        && upstream.dialect == target.dialect()
        && upstream.groups.any(|id| *id == group.id)
        && scopes
            .iter()
            .all(|scope| scope.providers.any(|one| *one == upstream.provider))
}

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
            let answered = matches!(target, Target::Gateway { .. });
            prop_assert_eq!(found.is_empty(), answered);
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

/// The same rights, for a caller whose status, address and quota are no obstacle.
fn healthy(mut world: World) -> World {
    let token = &mut world.principal.token;
    token.state = TokenState::Enabled;
    token.expires_at = None;
    token.quota = None;
    world.principal.account.enabled = true;
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
            Verdict::Refuse(refusal) => seen.extend(refusal.reasons().map(|one| one.kind)),
        }
    }
    assert!((300..1700).contains(&permits), "{permits} permits of 2000");
    assert_eq!(seen.len(), 14, "{seen:?}");
}
