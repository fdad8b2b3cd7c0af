//! Reports of what was used, and what becomes of old days.

use tollgate_ledger::receipt::{Ending, Receipt};
use tollgate_ledger::statement::Statements;
use tollgate_policy::id::{TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_rights::source::Source;
use tollgate_store::Kind;
use tollgate_store::audit::{AuditQuery, AuditVerdict};
use tollgate_store::usage::{Day, Dimension, Named, UsageQuery, UsageRow};

use super::book::desk::{Payers, number, payers, receive};
use super::fixture::{Fixture, at, credits};

on_both! {
    without_a_dimension_there_is_one_total
    calls_are_summed_up_by_each_dimension
    days_come_in_their_order_and_great_costs_first
    dimensions_are_combined
    filters_leave_out_what_does_not_fit
    months_are_those_of_the_calendar
    things_that_are_gone_have_no_name
    nonsense_counts_stop_neither_turns_nor_reports
    a_token_is_told_of_today_this_week_and_this_month
    a_statement_has_the_token_and_what_it_spent
    old_months_are_summed_up_under_their_first_day
    many_rows_are_summed_up
    what_an_operator_lets_go_of_is_in_the_audit_log
    much_is_let_go_of_in_parts_with_a_row_each
    a_day_s_totals_move_in_the_transaction_of_its_last_sums
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Settles a call that cost so much at a moment.
async fn call(fixture: &Fixture, who: &Payers, cost: i64, text: &str) {
    let receipt = Receipt {
        started: moment(text),
        ..who.receipt(fixture, cost, 0)
    };
    receive(fixture, vec![receipt], 0).await;
}

fn by(dimensions: &[Dimension]) -> UsageQuery {
    UsageQuery {
        by: dimensions.to_vec(),
        ..UsageQuery::default()
    }
}

async fn rows(fixture: &Fixture, query: UsageQuery) -> Vec<UsageRow> {
    fixture.store.usage(query).await.unwrap()
}

/// What each row cost.
async fn costs(fixture: &Fixture, query: UsageQuery) -> Vec<i64> {
    let rows = rows(fixture, query).await;
    rows.iter().map(|row| row.sums.cost.as_micros()).collect()
}

async fn without_a_dimension_there_is_one_total(fixture: &Fixture) {
    let none = rows(fixture, by(&[])).await;
    assert_eq!(none, [UsageRow::default()]);
    let who = payers(fixture).await;
    let failed = Receipt {
        ending: Ending::Unanswered,
        estimated: true,
        uncovered: credits(4),
        ..who.receipt(fixture, 10, 0)
    };
    receive(fixture, vec![failed, who.receipt(fixture, 30, 0)], 1).await;
    let total = rows(fixture, by(&[])).await.remove(0);
    let sums = total.sums;
    assert_eq!((sums.requests, sums.failed, sums.estimated), (2, 1, 1));
    assert_eq!(
        (sums.input_tokens, sums.cached_tokens, sums.output_tokens),
        (14, 4, 6)
    );
    assert_eq!(
        (sums.cost, sums.uncovered, sums.paid()),
        (credits(40), credits(4), credits(36))
    );
    assert_eq!(
        UsageRow {
            sums,
            ..UsageRow::default()
        },
        total
    );
}

async fn calls_are_summed_up_by_each_dimension(fixture: &Fixture) {
    let (one, other) = (payers(fixture).await, payers(fixture).await);
    call(fixture, &one, 10, "2027-01-15T00:00:00Z").await;
    call(fixture, &one, 20, "2027-01-15T23:59:59Z").await;
    call(fixture, &other, 50, "2027-01-15T12:00:00Z").await;
    let token = fixture.store.token_fetch(one.payer.token).await.unwrap();
    let named = |name: &str| Some(name.to_owned());
    for dimension in Dimension::ALL {
        let rows = rows(fixture, by(&[dimension])).await;
        let row = rows.last().unwrap();
        let expected = match dimension {
            Dimension::Token | Dimension::Account | Dimension::Group => vec![50, 30],
            _ => vec![80],
        };
        let found: Vec<i64> = rows.iter().map(|row| row.sums.cost.as_micros()).collect();
        assert_eq!(found, expected, "{}", dimension.name());
        let mut only = UsageRow {
            sums: row.sums,
            ..UsageRow::default()
        };
        match dimension {
            Dimension::Day => only.day = Some(day("2027-01-15")),
            Dimension::Month => only.month = Some(day("2027-01-01")),
            Dimension::Token => {
                let (id, name) = (token.token.id, named(token.token.name.as_str()));
                only.token = Some(Named { id, name });
            }
            Dimension::Account => {
                let (id, name) = (token.token.account, named(token.account_name.as_str()));
                only.account = Some(Named { id, name });
            }
            Dimension::Group => {
                let (id, name) = (token.token.group, named(token.group_name.as_str()));
                only.group = Some(Named { id, name });
            }
            Dimension::Model => only.model = named("gpt-x"),
            Dimension::Upstream => {
                let id = UpstreamId::from_raw(7).unwrap();
                only.upstream = Some(Named { id, name: None });
            }
            Dimension::Creator => only.creator = named("ada"),
        }
        assert_eq!(*row, only);
    }
}

async fn days_come_in_their_order_and_great_costs_first(fixture: &Fixture) {
    let (one, other) = (payers(fixture).await, payers(fixture).await);
    for (who, cost, text) in [
        (&one, 10, "2027-01-16"),
        (&other, 90, "2027-01-16"),
        (&one, 30, "2027-01-14"),
        (&other, 5, "2027-01-14"),
    ] {
        call(fixture, who, cost, text).await;
    }
    let query = by(&[Dimension::Token, Dimension::Day]);
    assert_eq!(costs(fixture, query.clone()).await, [30, 5, 90, 10]);
    let query = UsageQuery {
        limit: Some(3),
        ..query
    };
    assert_eq!(costs(fixture, query).await, [30, 5, 90]);
    assert_eq!(costs(fixture, by(&[Dimension::Token])).await, [95, 40]);
}

async fn dimensions_are_combined(fixture: &Fixture) {
    let who = payers(fixture).await;
    for (model, cost) in [("a", 1), ("b", 2), ("a", 4)] {
        let receipt = Receipt {
            model: Some(model.to_owned()),
            ..who.receipt(fixture, cost, 0)
        };
        receive(fixture, vec![receipt], 1).await;
    }
    let found = rows(fixture, by(&[Dimension::Model, Dimension::Creator])).await;
    let found: Vec<_> = found
        .into_iter()
        .map(|row| (row.model.unwrap(), row.creator.unwrap(), row.sums.requests))
        .collect();
    let expected = [("a", 2), ("b", 1)];
    assert_eq!(
        found,
        expected.map(|(model, calls)| (model.to_owned(), "ada".to_owned(), calls))
    );
}

async fn filters_leave_out_what_does_not_fit(fixture: &Fixture) {
    let (one, other) = (payers(fixture).await, payers(fixture).await);
    call(fixture, &one, 1, "2027-01-14").await;
    call(fixture, &one, 2, "2027-01-15").await;
    call(fixture, &one, 4, "2027-01-16").await;
    let mut odd = other.receipt(fixture, 8, 0);
    (odd.model, odd.upstream) = (None, UpstreamId::from_raw(8));
    receive(fixture, vec![odd], 0).await;
    let total = by(&[]);
    let mut queries = Vec::new();
    let mut add = |cost: i64, change: &dyn Fn(&mut UsageQuery)| {
        let mut query = total.clone();
        change(&mut query);
        queries.push((cost, query));
    };
    add(15, &|_| ());
    add(14, &|q| q.from = Some(day("2027-01-15")));
    add(11, &|q| q.to = Some(day("2027-01-15")));
    add(7, &|q| q.token = Some(one.payer.token));
    add(7, &|q| q.account = Some(one.payer.account));
    add(8, &|q| q.group = Some(other.group));
    add(7, &|q| q.model = Some("gpt-x".to_owned()));
    add(8, &|q| q.model = Some(String::new()));
    add(8, &|q| q.upstream = UpstreamId::from_raw(8));
    add(15, &|q| q.creator = Some("ada".to_owned()));
    add(0, &|q| q.creator = Some("bob".to_owned()));
    add(2, &|q| {
        q.token = Some(one.payer.token);
        q.from = Some(day("2027-01-15"));
        q.to = Some(day("2027-01-15"));
    });
    for (cost, query) in queries {
        assert_eq!(costs(fixture, query.clone()).await, [cost], "{query:?}");
    }
}

async fn months_are_those_of_the_calendar(fixture: &Fixture) {
    let who = payers(fixture).await;
    for (cost, text) in [
        (1, "2028-02-29T23:59:59Z"),
        (2, "2028-03-01"),
        (4, "2028-02-01"),
    ] {
        call(fixture, &who, cost, text).await;
    }
    let found = rows(fixture, by(&[Dimension::Month])).await;
    let months: Vec<_> = found
        .iter()
        .map(|row| row.month.unwrap().to_string())
        .collect();
    assert_eq!(months, ["2028-02-01", "2028-03-01"]);
    assert_eq!(costs(fixture, by(&[Dimension::Month])).await, [5, 2]);
}

async fn things_that_are_gone_have_no_name(fixture: &Fixture) {
    let who = payers(fixture).await;
    call(fixture, &who, 1, "2027-01-14").await;
    let id = who.payer.token;
    fixture
        .store
        .token_delete(&fixture.who, id, at(1))
        .await
        .unwrap();
    let row = rows(fixture, by(&[Dimension::Token, Dimension::Creator]))
        .await
        .remove(0);
    assert_eq!(row.token, Some(Named { id, name: None }));
    assert_eq!(row.creator.as_deref(), Some("ada"));
}

async fn nonsense_counts_stop_neither_turns_nor_reports(fixture: &Fixture) {
    let who = payers(fixture).await;
    for _ in 0..3 {
        let mut receipt = who.receipt(fixture, i64::MAX, 0);
        receipt.usage.input = u64::MAX;
        receive(fixture, vec![receipt], 0).await;
    }
    let row = rows(fixture, by(&[])).await.remove(0);
    assert_eq!(row.sums.requests, 3);
    assert_eq!(row.sums.input_tokens, 1 << 53);
    let token = fixture.store.token_fetch(who.payer.token).await.unwrap();
    assert_eq!(token.spent.lifetime.used, credits(i64::MAX));
}

async fn a_token_is_told_of_today_this_week_and_this_month(fixture: &Fixture) {
    let (who, other) = (payers(fixture).await, payers(fixture).await);
    // Wednesday the 3rd; the week began in the month before.
    let now = moment("2027-02-03T10:00:00Z");
    for (cost, text) in [
        (1, "2027-02-03T00:00:00Z"),
        (2, "2027-02-02T23:59:59Z"),
        (4, "2027-02-01"),
        (8, "2027-01-31T23:59:59Z"),
        (16, "2027-02-04"),
    ] {
        call(fixture, &who, cost, text).await;
    }
    call(fixture, &other, 1000, "2027-02-03").await;
    let usage = fixture
        .store
        .usage_of_token(who.payer.token, now)
        .await
        .unwrap();
    let costs = [usage.today, usage.this_week, usage.this_month].map(|sums| sums.cost.as_micros());
    assert_eq!(costs, [1, 7, 7]);
    // Friday the 1st of another month.
    call(fixture, &who, 32, "2027-10-01").await;
    call(fixture, &who, 64, "2027-09-27").await;
    call(fixture, &who, 128, "2027-09-26").await;
    let now = moment("2027-10-01T10:00:00Z");
    let usage = fixture
        .store
        .usage_of_token(who.payer.token, now)
        .await
        .unwrap();
    let costs = [usage.today, usage.this_week, usage.this_month].map(|sums| sums.cost.as_micros());
    assert_eq!(costs, [32, 96, 32]);
}

async fn a_statement_has_the_token_and_what_it_spent(fixture: &Fixture) {
    let who = payers(fixture).await;
    who.quota(fixture, 500).await;
    let receipt = Receipt {
        uncovered: credits(3),
        ..who.receipt(fixture, 40, 0)
    };
    receive(fixture, vec![receipt], 0).await;
    let read = fixture
        .store
        .statement(who.payer.token, at(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.principal.token.id, who.payer.token);
    assert_eq!(read.principal.account.id, who.payer.account);
    assert_eq!(read.principal.spent.lifetime.used, credits(37));
    assert_eq!(read.principal.account_spent.lifetime.used, credits(37));
    assert_eq!(
        [read.today, read.this_week, read.this_month],
        [credits(37); 3]
    );
    let gone = TokenId::from_raw(1).unwrap();
    assert_eq!(fixture.store.statement(gone, at(1)).await.unwrap(), None);
}

async fn old_months_are_summed_up_under_their_first_day(fixture: &Fixture) {
    let (one, other) = (payers(fixture).await, payers(fixture).await);
    for (who, cost, text) in [
        (&one, 1, "2027-01-01"),
        (&one, 2, "2027-01-15"),
        (&one, 4, "2027-01-31"),
        (&other, 8, "2027-01-15"),
        (&one, 16, "2027-02-10"),
        (&one, 32, "2027-03-05"),
    ] {
        call(fixture, who, cost, text).await;
    }
    let before = rows(fixture, by(&[Dimension::Token, Dimension::Month])).await;
    assert_eq!(
        fixture
            .store
            .usage_compact(day("2027-03-20"))
            .await
            .unwrap(),
        4
    );
    let query = by(&[Dimension::Token, Dimension::Day]);
    let after = rows(fixture, query.clone()).await;
    let days: Vec<_> = after
        .iter()
        .map(|row| (row.day.unwrap().to_string(), row.sums.cost.as_micros()))
        .collect();
    let expected = [
        ("2027-01-01", 8),
        ("2027-01-01", 7),
        ("2027-02-01", 16),
        ("2027-03-05", 32),
    ];
    assert_eq!(days, expected.map(|(day, cost)| (day.to_owned(), cost)));
    assert_eq!(
        rows(fixture, by(&[Dimension::Token, Dimension::Month])).await,
        before
    );
    assert_eq!(
        fixture
            .store
            .usage_compact(day("2027-03-20"))
            .await
            .unwrap(),
        0
    );
}

async fn many_rows_are_summed_up(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipts = (0..5_000).map(|i| {
        let mut receipt = who.receipt(fixture, 1, 0);
        receipt.payer.token = TokenId::from_raw(i).unwrap();
        receipt
    });
    receive(fixture, receipts.collect(), 0).await;
    assert_eq!(
        fixture
            .store
            .usage_compact(day("2027-02-01"))
            .await
            .unwrap(),
        5_000
    );
    let left = number(fixture, "SELECT COUNT(*) AS number FROM usage_daily").await;
    assert_eq!(left, 5_000);
    let days = rows(fixture, by(&[Dimension::Day])).await;
    assert_eq!(days[0].day, Some(day("2027-01-01")));
    assert_eq!((days.len(), days[0].sums.requests), (1, 5_000));
}

/// The action of each change, and what the audit log keeps of it.
async fn log(fixture: &Fixture, from: usize) -> Vec<(String, String)> {
    let log = fixture.audit().await.split_off(from);
    let rows = log.into_iter().map(|row| {
        assert_eq!((&*row.actor, row.kind), ("ada", Kind::Usage));
        assert_eq!((&*row.subject, row.before), ("", None));
        (row.action, row.after.unwrap())
    });
    rows.collect()
}

async fn what_an_operator_lets_go_of_is_in_the_audit_log(fixture: &Fixture) {
    let who = payers(fixture).await;
    for day in ["2027-01-05", "2027-01-06", "2027-02-03"] {
        call(fixture, &who, 1, &format!("{day}T10:00:00Z")).await;
    }
    let (store, ada) = (&fixture.store, &fixture.who);
    let from = fixture.audit().await.len();
    let revision = store.snapshot().await.unwrap().revision;
    for rows in [1, 0] {
        let pruned = store.usage_prune(ada, at(1), at(9)).await;
        assert_eq!(pruned.unwrap(), 3 * rows);
        let moved = store.usage_sum_up(ada, day("2027-03-20"), at(9)).await;
        assert_eq!(moved.unwrap(), 3 * rows);
    }
    let (before, month) = (at(1), "2027-03-01");
    let row = |action: &str, before: &str, rows| {
        let kept = format!("{{\"before\":\"{before}\",\"rows\":{rows}}}");
        (action.to_owned(), kept)
    };
    let expected = [
        row("usage.prune", &before.to_string(), 3),
        row("usage.compact", month, 3),
        row("usage.prune", &before.to_string(), 0),
        row("usage.compact", month, 0),
    ];
    assert_eq!(log(fixture, from).await, expected);
    // Gateways pass over them.
    let changes = store.changes(revision.into()).await.unwrap();
    assert_eq!(changes.touched, []);
    assert_eq!(changes.reached.revision.0, revision.0 + 4);
    assert_eq!(
        store
            .audit_list(&AuditQuery::default())
            .await
            .unwrap()
            .len(),
        from + 4
    );
    assert!(matches!(
        store.audit_verify().await.unwrap(),
        AuditVerdict::Whole { .. }
    ));
}

async fn much_is_let_go_of_in_parts_with_a_row_each(fixture: &Fixture) {
    let who = payers(fixture).await;
    for _ in 0..3 {
        let receipts = (0..4_000).map(|i| {
            let mut receipt = who.receipt(fixture, 1, 0);
            receipt.payer.token = TokenId::from_raw(i).unwrap();
            receipt.model = Some(format!("m{i}"));
            receipt
        });
        receive(fixture, receipts.collect(), 0).await;
    }
    for days in [1, 2] {
        let columns = "model, upstream_id, group_id, account_id, creator, requests, failed, \
             estimated, input_tokens, cached_tokens, output_tokens, cost, uncovered";
        let sql = format!(
            "INSERT INTO usage_daily (day, token_id, {columns}) SELECT day + {days}, \
             token_id + {days} * 10000, {columns} FROM usage_daily WHERE token_id < 10000"
        );
        fixture.sql(&sql).await;
        let columns = columns.replace(" creator,", "");
        let sql = format!(
            "INSERT INTO usage_totals (day, {columns}) SELECT day + {days}, {columns} \
             FROM usage_totals WHERE day = (SELECT MIN(day) FROM usage_totals)"
        );
        fixture.sql(&sql).await;
    }
    let (store, ada) = (&fixture.store, &fixture.who);
    let from = fixture.audit().await.len();
    assert_eq!(store.usage_prune(ada, at(1), at(9)).await.unwrap(), 12_000);
    let rows: Vec<_> = log(fixture, from).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].1.ends_with("\"rows\":10000}"), "{rows:?}");
    assert!(rows[1].1.ends_with("\"rows\":2000}"), "{rows:?}");
    let from = from + rows.len();
    let moved = store.usage_sum_up(ada, day("2027-02-01"), at(9)).await;
    assert_eq!(moved.unwrap(), 12_000);
    assert_eq!(log(fixture, from).await.len(), 2);
    let left = by(&[Dimension::Day]);
    let left = self::rows(fixture, left).await;
    assert_eq!((left.len(), left[0].sums.requests), (1, 36_000));
}

/// As many sums as one transaction moves, once by itself and once for an operator.
async fn a_day_s_totals_move_in_the_transaction_of_its_last_sums(fixture: &Fixture) {
    let who = payers(fixture).await;
    refuse_to_move_totals(fixture).await;
    let (store, ada) = (&fixture.store, &fixture.who);
    let before = day("2027-02-01");
    let mut from = 0;
    for (sums, asked) in [(2_000, false), (10_000, true)] {
        let receipts = (from..sums).map(|i| {
            let mut receipt = who.receipt(fixture, 1, 0);
            receipt.payer.token = TokenId::from_raw(i).unwrap();
            receipt
        });
        receive(fixture, receipts.collect(), 0).await;
        from = sums;
        let moved = match asked {
            true => store.usage_sum_up(ada, before, at(9)).await,
            false => store.usage_compact(before).await,
        };
        moved.unwrap_err();
        let totals = rows(fixture, by(&[Dimension::Day])).await;
        let calls = totals.iter().map(|row| (row.day, row.sums.requests));
        let of_creators = rows(fixture, by(&[Dimension::Day, Dimension::Creator])).await;
        let of_creators = of_creators.iter().map(|row| (row.day, row.sums.requests));
        let agreed = vec![(Some(day("2027-01-15")), sums.unsigned_abs())];
        assert_eq!(calls.collect::<Vec<_>>(), agreed);
        assert_eq!(of_creators.collect::<Vec<_>>(), agreed);
    }
}

async fn refuse_to_move_totals(fixture: &Fixture) {
    let sql = match fixture.url.starts_with("sqlite:") {
        true => {
            "CREATE TRIGGER stop BEFORE DELETE ON usage_totals \
             BEGIN SELECT RAISE(ABORT, 'stopped'); END"
        }
        false => {
            "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'stopped'; END $$; \
             CREATE TRIGGER stop BEFORE DELETE ON usage_totals \
             FOR EACH ROW EXECUTE FUNCTION stop()"
        }
    };
    fixture.sql(sql).await;
}
