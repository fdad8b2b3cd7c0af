//! The sums of all tokens agree with the sums of each, whatever happens to either.

use std::sync::Arc;

use proptest::prelude::{Strategy, any, prop};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tollgate_ledger::book::Turn;
use tollgate_policy::id::UpstreamId;
use tollgate_store::Store;
use tollgate_store::usage::{Day, Dimension, Sums, UsageQuery};

use super::book::desk::{ONE, OTHER, Payers, number, payers, settle, turn};
use super::fixture::{Fixture, at};

on_both! {
    totals_agree_with_the_sums_of_tokens_whatever_happens
    a_store_of_an_older_version_gets_its_totals
}

const DAY: i64 = 86_400;
/// Everything that a total is kept by or consists of.
const COLUMNS: [&str; 13] = [
    "day",
    "account_id",
    "model",
    "upstream_id",
    "group_id",
    "requests",
    "failed",
    "estimated",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "cost",
    "uncovered",
];
const KEY: usize = 5;

/// What may happen to the sums.
#[derive(Debug, Clone)]
enum Step {
    /// Calls are settled: whose they are, their day, whether a model and an upstream are known, and
    /// whether the gateway hands them in twice.
    Turn(Vec<(usize, i64, bool, bool)>, bool),
    /// A gateway begins anew.
    Reset,
    /// Receipts of this day and before are let go of.
    Prune(i64),
    /// The months before this day are summed up.
    Compact(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let call = (0..3_usize, 0..70_i64, any::<bool>(), any::<bool>());
    proptest::prop_oneof![
        6 => (prop::collection::vec(call, 1..6), any::<bool>())
            .prop_map(|(calls, twice)| Step::Turn(calls, twice)),
        1 => proptest::prelude::Just(Step::Reset),
        1 => (0..70_i64).prop_map(Step::Prune),
        2 => (0..100_i64).prop_map(Step::Compact),
    ]
}

/// Rows that are in one table and have no like in the other.
async fn differences(fixture: &Fixture) -> i64 {
    let (key, measures) = COLUMNS.split_at(KEY);
    let key = key.join(", ");
    let summed: Vec<_> = measures
        .iter()
        .map(|one| format!("CAST(SUM({one}) AS BIGINT)"))
        .collect();
    let summed = format!(
        "SELECT {key}, {} FROM usage_daily GROUP BY {key}",
        summed.join(", ")
    );
    let kept = format!("SELECT {} FROM usage_totals", COLUMNS.join(", "));
    let missing = format!("SELECT * FROM ({summed}) AS s EXCEPT {kept}");
    let wrong = format!("SELECT * FROM ({kept}) AS k EXCEPT {summed}");
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM ({missing}) AS a) + (SELECT COUNT(*) FROM ({wrong}) AS b) \
         AS number"
    );
    number(fixture, &text).await
}

/// What a report has in all, by sums of tokens or not.
async fn in_all(store: &Store, by: &[Dimension]) -> (u64, i64) {
    let query = UsageQuery {
        by: by.to_vec(),
        ..UsageQuery::default()
    };
    let rows = store.usage(query).await.unwrap();
    let add = |sum: (u64, i64), one: &Sums| (sum.0 + one.requests, sum.1 + one.cost.as_micros());
    rows.iter().map(|row| &row.sums).fold((0, 0), add)
}

async fn take(fixture: &Fixture, who: &[Payers], step: Step, count: &mut u64) {
    let store = &fixture.store;
    match step {
        Step::Turn(calls, twice) => {
            let receipts: Vec<_> = calls
                .into_iter()
                .map(|(whose, day, model, upstream)| {
                    let mut receipt = who[whose].receipt(fixture, 10 + day, day * DAY);
                    receipt.model = receipt.model.filter(|_| model);
                    receipt.upstream = UpstreamId::from_raw(7).filter(|_| upstream);
                    Arc::new(receipt)
                })
                .collect();
            *count += u64::try_from(receipts.len()).unwrap();
            for _ in 0..=usize::from(twice) {
                let receipts = receipts.clone();
                settle(
                    fixture,
                    Turn {
                        receipts,
                        ..turn(ONE, 0)
                    },
                )
                .await;
            }
        }
        Step::Reset => {
            let reset = true;
            settle(
                fixture,
                Turn {
                    reset,
                    ..turn(OTHER, 1)
                },
            )
            .await;
        }
        Step::Prune(day) => {
            store.receipts_prune(at(day * DAY)).await.unwrap();
        }
        Step::Compact(day) => {
            store.usage_compact(Day::of(at(day * DAY))).await.unwrap();
        }
    }
}

async fn totals_agree_with_the_sums_of_tokens_whatever_happens(fixture: &Fixture) {
    let mut who = vec![
        payers(fixture).await,
        payers(fixture).await,
        payers(fixture).await,
    ];
    // Two tokens of one account, in one group.
    who[1].payer.account = who[0].payer.account;
    who[1].group = who[0].group;
    let mut runner = TestRunner::default();
    let steps = prop::collection::vec(step(), 60)
        .new_tree(&mut runner)
        .unwrap()
        .current();
    let mut count = 0;
    for step in steps {
        let told = format!("{step:?}");
        take(fixture, &who, step, &mut count).await;
        assert_eq!(differences(fixture).await, 0, "{told}");
        let totals = in_all(&fixture.store, &[]).await;
        assert_eq!(totals.0, count, "{told}");
        assert_eq!(
            totals,
            in_all(&fixture.store, &[Dimension::Token]).await,
            "{told}"
        );
        assert_eq!(
            totals,
            in_all(&fixture.store, &[Dimension::Creator]).await,
            "{told}"
        );
    }
}

async fn a_store_of_an_older_version_gets_its_totals(fixture: &Fixture) {
    let who = [
        payers(fixture).await,
        payers(fixture).await,
        payers(fixture).await,
    ];
    let calls = (0..20).map(|i| (i % 3, i64::try_from(i % 4).unwrap(), i % 2 == 0, i % 5 > 0));
    let mut count = 0;
    take(
        fixture,
        &who,
        Step::Turn(calls.collect(), false),
        &mut count,
    )
    .await;
    fixture.sql("DELETE FROM usage_totals").await;
    assert_ne!(differences(fixture).await, 0);
    Store::migrate_down(&fixture.url, 1).await.unwrap();
    Store::migrate(&fixture.url).await.unwrap();
    assert_eq!(differences(fixture).await, 0);
    assert_eq!(in_all(&fixture.store, &[]).await.0, count);
}
