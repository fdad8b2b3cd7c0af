//! The rules on prices and quotas, broken on each layer, with what the refusal says.

use ReasonKind::*;

use super::*;
use crate::credits::Credits;
use crate::fixture::generated::{PERIODS, period};
use crate::fixture::{CRM, GPT, LIST, chat, group};
use crate::quota::{PeriodicLimit, Spent};
use crate::token::Funds;
use crate::upstream::{PriceOverride, Pricing, Upstream};

/// The layers that have quotas.
const PAYERS: [Layer; 2] = [Layer::Token, Layer::Account];

fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

fn spent(used: i64, held: i64) -> Spent {
    Spent {
        used: credits(used),
        held: credits(held),
    }
}

/// Gives a layer a limit of its life, and says what was spent of it.
fn lifetime(layer: Layer, limit: i64, spent: Spent) -> impl Fn(&mut World) {
    move |world| {
        let principal = &mut world.principal;
        let (quota, standing) = match layer {
            Layer::Token => (&mut principal.token.quota.lifetime, &mut principal.spent),
            _ => (
                &mut principal.account.funds.credited,
                &mut principal.account_spent,
            ),
        };
        *quota = Some(credits(limit));
        standing.lifetime = spent;
    }
}

/// Gives a layer a limit per period, and says what was spent since a moment.
fn periodic(layer: Layer, one: usize, limit: i64, since: &str, used: i64) -> impl Fn(&mut World) {
    let limit = PeriodicLimit {
        limit: credits(limit),
        period: period(PERIODS[one]),
    };
    let since = Timestamp::parse(since).unwrap();
    move |world| {
        let principal = &mut world.principal;
        let (quota, standing) = match layer {
            Layer::Token => (&mut principal.token.quota.periodic, &mut principal.spent),
            _ => (
                &mut principal.account.funds.periodic,
                &mut principal.account_spent,
            ),
        };
        *quota = Some(limit.clone());
        standing.periodic = Some((since, spent(used, 0)));
    }
}

/// Until when each reason of a call holds.
fn ends(change: impl FnOnce(&mut World), target: Target<'_>) -> Vec<Option<String>> {
    let mut world = World::new();
    change(&mut world);
    let (catalog, asked) = (world.catalog(), world.asked(target));
    let verdict = evaluate(&catalog, &world.principal, &asked, NOW);
    let reasons = reasons(&verdict).into_iter();
    reasons
        .map(|one| one.until.map(|at| at.to_string()))
        .collect()
}

#[test]
fn a_call_whose_price_is_not_known_is_refused() {
    let unknown = |saw| [(PriceUnknown, Layer::Catalog, saw)];
    let none = |world: &mut World| world.models[0].pricing = Pricing::default();
    check(none, GPT, &unknown("no price"));
    assert_eq!(ends(none, GPT), [None]);
    let half = |list: &'static str| {
        move |world: &mut World| world.models[0].pricing.base = Some(list.parse().unwrap())
    };
    check(half("input=1"), GPT, &unknown("input=1"));
    check(half("output=1,image=2"), GPT, &unknown("output=1,image=2"));
    check(half("input=1,output=0"), GPT, &[]);
    check(half("request=0"), GPT, &[]);
    let embeddings = Target::Model {
        endpoint: Endpoint::Embeddings,
        model: "gpt-4o",
    };
    check(half("input=1"), embeddings, &[]);
    check(half("output=1"), embeddings, &unknown("output=1"));
    check(none, LIST, &[]);
    check(none, CRM, &[]);
}

#[test]
fn each_list_that_does_not_say_enough_is_told_once() {
    let lists = |world: &mut World| {
        let gpt = &mut world.models[0].pricing;
        gpt.base = Some("input=1".parse().unwrap());
        gpt.overrides = vec![PriceOverride {
            provider: Some("azure".parse().unwrap()),
            group: None,
            price: "second=2".parse().unwrap(),
        }];
        let third = world.upstreams[0].clone();
        world.upstreams.push(Upstream {
            id: crate::id::UpstreamId::from_raw(9).unwrap(),
            ..third
        });
    };
    let saw = "input=1; second=2";
    check(lists, GPT, &[(PriceUnknown, Layer::Catalog, saw)]);
}

#[test]
fn a_price_for_another_group_does_not_count() {
    let other = |world: &mut World| {
        let other = group(2, "other");
        world.models[0].pricing = Pricing {
            base: None,
            overrides: vec![PriceOverride {
                provider: None,
                group: Some(other.id),
                price: "free".parse().unwrap(),
            }],
        };
        world.groups.push(other);
    };
    check(other, GPT, &[(PriceUnknown, Layer::Catalog, "no price")]);
    let moved = |world: &mut World| {
        other(world);
        world.principal.token.group = world.groups[1].id;
    };
    check(moved, GPT, &[]);
}

#[test]
fn a_mounted_api_without_a_price_per_request_is_refused() {
    let listed = |list: Option<&'static str>| {
        move |world: &mut World| world.upstreams[3].price = list.map(|list| list.parse().unwrap())
    };
    for (list, saw) in [
        (None, "no price"),
        (Some("input=1,output=2"), "input=1,output=2"),
    ] {
        check(listed(list), CRM, &[(PriceUnknown, Layer::Catalog, saw)]);
        check(listed(list), GPT, &[]);
    }
    check(listed(Some("request=0.5")), CRM, &[]);
    check(listed(Some("free")), CRM, &[]);
}

#[test]
fn where_nothing_may_serve_the_call_its_price_is_not_the_matter() {
    let none = |world: &mut World| {
        world.models[1].pricing = Pricing::default();
    };
    let saw = "`third` speaks anthropic";
    check(none, chat("opus"), &[(NoUpstream, Layer::Catalog, saw)]);
}

#[test]
fn a_caller_that_spent_its_quota_is_refused_until_it_is_raised() {
    for layer in PAYERS {
        let exhausted = |saw| [(QuotaExhausted, layer, saw)];
        let spend = |limit, used| lifetime(layer, limit, spent(used, 0));
        for target in [GPT, CRM] {
            let empty = exhausted("0 of 3 credits left");
            check(spend(3_000_000, 3_000_000), target, &empty);
            assert_eq!(ends(spend(3_000_000, 3_000_000), target), [None]);
            check(spend(0, 0), target, &exhausted("0 of 0 credits left"));
            let over = exhausted("-0.5 of 3 credits left");
            check(spend(3_000_000, 3_500_000), target, &over);
            check(spend(3_000_001, 3_000_000), target, &[]);
        }
        let least = "-9223372036854.775808";
        let saw = format!("{least} of {least} credits left");
        check(spend(i64::MIN, i64::MAX), GPT, &exhausted(&saw));
        check(spend(3_000_000, 3_000_000), LIST, &[]);
    }
}

#[test]
fn a_caller_that_spent_what_a_period_gives_is_refused_until_its_end() {
    for layer in PAYERS {
        for (i, one) in PERIODS.into_iter().enumerate() {
            let spend = |limit, used| periodic(layer, i, limit, one.begin, used);
            for target in [GPT, CRM] {
                let exhausted = [(PeriodExhausted, layer, "0 of 3 credits left")];
                check(spend(3_000_000, 3_000_000), target, &exhausted);
                let until = ends(spend(3_000_000, 3_000_000), target);
                assert_eq!(until, [Some(one.end.to_owned())]);
                let over = [(PeriodExhausted, layer, "-0.5 of 3 credits left")];
                check(spend(3_000_000, 3_500_000), target, &over);
                check(spend(3_000_001, 3_000_000), target, &[]);
            }
            check(spend(3_000_000, 3_000_000), LIST, &[]);
        }
    }
}

#[test]
fn what_was_spent_in_an_earlier_period_does_not_count() {
    for layer in PAYERS {
        let yesterday = "2027-01-13T23:00:00Z";
        check(periodic(layer, 1, 3, yesterday, 9), GPT, &[]);
        // Nothing at all may be spent: that no period changes.
        let nothing = [(PeriodExhausted, layer, "0 of 0 credits left")];
        check(periodic(layer, 1, 0, yesterday, 9), GPT, &nothing);
    }
}

#[test]
fn what_is_held_for_other_calls_may_come_back() {
    for layer in PAYERS {
        check(lifetime(layer, 10, spent(9, 1)), GPT, &[]);
        check(lifetime(layer, 10, spent(9, 100)), GPT, &[]);
    }
}

#[test]
fn an_account_may_spend_its_credit_line_too() {
    let line = |used| {
        move |world: &mut World| {
            world.principal.account.funds = Funds {
                credited: Some(credits(2_000_000)),
                credit_line: credits(1_000_000),
                periodic: None,
            };
            world.principal.account_spent.lifetime = spent(used, 0);
        }
    };
    check(line(2_999_999), GPT, &[]);
    let saw = "0 of 3 credits left";
    check(
        line(3_000_000),
        GPT,
        &[(QuotaExhausted, Layer::Account, saw)],
    );
    let endless = |world: &mut World| {
        line(i64::MAX - 1)(world);
        world.principal.account.funds.credited = Some(credits(i64::MAX));
    };
    check(endless, GPT, &[]);
}

#[test]
fn every_limit_that_is_used_up_is_told() {
    let all = |world: &mut World| {
        for layer in PAYERS {
            lifetime(layer, 1, spent(1, 0))(world);
            periodic(layer, 3, 2, PERIODS[3].begin, 2)(world);
        }
    };
    let (one, two) = ("0 of 0.000001 credits left", "0 of 0.000002 credits left");
    let expected = [
        (QuotaExhausted, Layer::Token, one),
        (PeriodExhausted, Layer::Token, two),
        (QuotaExhausted, Layer::Account, one),
        (PeriodExhausted, Layer::Account, two),
    ];
    check(all, GPT, &expected);
    let end = Some(PERIODS[3].end.to_owned());
    assert_eq!(ends(all, GPT), [None, end.clone(), None, end]);
}
