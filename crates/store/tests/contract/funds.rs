//! What accounts may spend, and their statements.

use tollgate_policy::credits::Credits;
use tollgate_policy::id::AccountId;
use tollgate_policy::limit::Rate;
use tollgate_policy::quota::Standing;
use tollgate_rights::source::{Source, Touched};
use tollgate_store::account::{AccountEdit, CreditsQuery, NewAccount, Opening, StoredAccount};
use tollgate_store::limit::LimitsEdit;
use tollgate_store::{Kind, StoreError};

use super::fixture::{Fixture, START, at, credits, new_account, periodic, spent};

on_both! {
    funds_are_kept_as_they_were_given
    funds_are_edited_and_counts_are_kept
    another_period_of_an_account_counts_anew
    a_negative_credit_line_is_refused
    credits_are_put_in_and_taken_back
    an_account_is_opened_with_its_first_credits
    an_account_that_cannot_be_given_its_first_credits_is_not_made
    a_statement_is_paged
    no_account_is_given_less_than_nothing_or_too_much
    an_unlimited_account_takes_no_credits
    an_account_is_limited_to_what_it_was_given
    a_deleted_account_takes_its_statement_with_it
    a_principal_says_what_its_account_spent
}

/// The tests begin at 08:00 UTC.
const MIDNIGHT: i64 = -8 * 3600;

async fn limited(fixture: &Fixture, text: &str) -> AccountId {
    let new = NewAccount {
        limited: true,
        ..new_account(text)
    };
    let id = AccountId::new(at(0), fixture.number());
    let made = fixture.store.account_insert(&fixture.who, new, id, at(0));
    assert_eq!(made.await.unwrap().account.funds.credited, Some(credits(0)));
    id
}

async fn add(fixture: &Fixture, id: AccountId, micros: i64) -> Result<StoredAccount, StoreError> {
    let note = format!("note {micros}");
    let (store, who) = (&fixture.store, &fixture.who);
    store
        .credits_add(who, id, credits(micros), note, at(9))
        .await
}

async fn edit(fixture: &Fixture, id: AccountId, edit: AccountEdit) -> StoredAccount {
    let edited = fixture.store.account_edit(&fixture.who, id, edit, at(5));
    let edited = edited.await.unwrap();
    assert_eq!(fixture.store.account_fetch(id).await.unwrap(), edited);
    edited
}

fn switch(limited: bool) -> AccountEdit {
    AccountEdit {
        limited: Some(limited),
        ..AccountEdit::default()
    }
}

async fn funds_are_kept_as_they_were_given(fixture: &Fixture) {
    let mut new = new_account("acme");
    new.credit_line = credits(500);
    new.periodic = Some(periodic(40, "hour", "Asia/Kolkata"));
    new.limits.concurrency = Some(3);
    let id = AccountId::new(at(0), 5);
    let made = fixture
        .store
        .account_insert(&fixture.who, new.clone(), id, at(3))
        .await
        .unwrap();
    let account = &made.account;
    assert_eq!(account.funds.credited, None);
    assert_eq!(account.funds.credit_line, credits(500));
    assert_eq!(account.funds.periodic, new.periodic);
    assert_eq!(account.limits, new.limits);
    assert_eq!(made.spent, Standing::default());
    assert_eq!(fixture.store.account_list().await.unwrap(), [made]);
}

async fn funds_are_edited_and_counts_are_kept(fixture: &Fixture) {
    let id = limited(fixture, "acme").await;
    add(fixture, id, 70).await.unwrap();
    let begin = (START + MIDNIGHT) * 1_000_000;
    fixture
        .sql(&format!(
            "UPDATE accounts SET period_unit = 'day', period_zone = 'UTC', period_limit = 9;
             UPDATE account_spend SET used = 30, held = 4, period_begin = {begin},
                 period_end = {begin} + 86400000000, period_used = 8, period_held = 1"
        ))
        .await;
    let given = AccountEdit {
        credit_line: Some(credits(6)),
        periodic: Some(Some(periodic(90, "day", "UTC"))),
        limits: LimitsEdit {
            tokens: Some(Rate::new(12).ok()),
            ..LimitsEdit::default()
        },
        ..AccountEdit::default()
    };
    let edited = edit(fixture, id, given).await;
    let funds = &edited.account.funds;
    assert_eq!(funds.credited, Some(credits(70)));
    assert_eq!(funds.periodic, Some(periodic(90, "day", "UTC")));
    assert_eq!(edited.account.limits.tokens, Rate::new(12).ok());
    let standing = Standing {
        lifetime: spent(30, 4),
        periodic: Some((at(MIDNIGHT), spent(8, 1))),
    };
    assert_eq!(edited.spent, standing);
    let left = funds.quota().lifetime_balance(&edited.spent).unwrap();
    assert_eq!(left.remaining(), credits(70 + 6 - 30 - 4));
    let edited = add(fixture, id, 1).await.unwrap();
    assert_eq!(edited.spent, standing);
    assert_eq!(fixture.store.account_fetch(id).await.unwrap(), edited);
}

async fn another_period_of_an_account_counts_anew(fixture: &Fixture) {
    let id = limited(fixture, "acme").await;
    let set = async |unit| {
        let given = AccountEdit {
            periodic: Some(Some(periodic(90, unit, "UTC"))),
            ..AccountEdit::default()
        };
        edit(fixture, id, given).await.spent.periodic
    };
    assert_eq!(set("day").await, Some((at(MIDNIGHT), spent(0, 0))));
    fixture
        .sql("UPDATE account_spend SET period_used = 8, period_held = 1")
        .await;
    assert_eq!(set("day").await, Some((at(MIDNIGHT), spent(8, 1))));
    assert_eq!(set("hour").await, Some((at(0), spent(0, 0))));
}

async fn a_negative_credit_line_is_refused(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let new = NewAccount {
        credit_line: credits(-1),
        ..new_account("acme")
    };
    let id = AccountId::new(at(0), 5);
    let error = store.account_insert(who, new, id, at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::CreditLine(_)), "{error}");
    let id = fixture.account("acme").await.account.id;
    let edit = AccountEdit {
        credit_line: Some(credits(-1)),
        ..AccountEdit::default()
    };
    let error = store.account_edit(who, id, edit, at(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::CreditLine(_)), "{error}");
}

async fn credits_are_put_in_and_taken_back(fixture: &Fixture) {
    let store = &fixture.store;
    let (id, other) = (
        limited(fixture, "acme").await,
        limited(fixture, "other").await,
    );
    let revision = store.snapshot().await.unwrap().revision;
    let mut sum = 0;
    for amount in [70, -30, 5, -45] {
        sum += amount;
        let after = add(fixture, id, amount).await.unwrap();
        assert_eq!(after.account.funds.credited, Some(credits(sum)));
        assert_eq!(store.account_fetch(id).await.unwrap(), after);
    }
    add(fixture, other, 1).await.unwrap();
    let entries = store.credits_list(id, CreditsQuery::default()).await;
    let entries = entries.unwrap();
    let amounts: Vec<_> = entries.iter().map(|one| one.amount.as_micros()).collect();
    assert_eq!(amounts, [-45, 5, -30, 70]);
    let last = &entries[0];
    assert_eq!((last.account, last.at), (id, at(9)));
    assert_eq!((&*last.actor, &*last.note), ("ada", "note -45"));
    let told = store.changes(revision.into()).await.unwrap().touched;
    assert_eq!(told[0], Touched::Account(id));
    assert_eq!(told.last(), Some(&Touched::Account(other)));
    let row = &fixture.audit().await[2];
    assert_eq!((&*row.action, row.kind), ("account.credit", Kind::Account));
    let part = |json: &Option<String>, part| json.as_ref().unwrap().contains(part);
    assert!(part(&row.before, "\"credited\":0,"));
    assert!(part(&row.after, "\"credited\":70,"));
    assert!(part(&row.after, "{\"amount\":70,\"note\":\"note 70\"}"));
}

fn opening(micros: i64) -> Opening {
    Opening {
        amount: credits(micros),
        note: "first balance".to_owned(),
    }
}

async fn an_account_is_opened_with_its_first_credits(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    let new = NewAccount {
        limited: true,
        ..new_account("acme")
    };
    let id = AccountId::new(at(0), 5);
    let made = store.account_open(who, new, opening(70), id, at(3)).await;
    let made = made.unwrap();
    assert_eq!(made.account.funds.credited, Some(credits(70)));
    assert_eq!((made.created_at, made.updated_at), (at(3), at(3)));
    assert_eq!(store.account_fetch(id).await.unwrap(), made);
    let entries = store.credits_list(id, CreditsQuery::default()).await;
    let entries = entries.unwrap();
    let entry = &entries[0];
    assert_eq!((entries.len(), entry.amount), (1, credits(70)));
    assert_eq!((&*entry.actor, &*entry.note), ("ada", "first balance"));
    let log = fixture.audit().await;
    let [row] = log.as_slice() else {
        panic!("one change: {log:?}");
    };
    assert_eq!((&*row.action, &row.before), ("account.create", &None));
    let after = row.after.as_ref().unwrap();
    assert!(after.contains("\"credited\":70,"), "{after}");
    assert!(
        after.contains("{\"amount\":70,\"note\":\"first balance\"}"),
        "{after}"
    );
}

/// The second of its two steps fails, and takes the first one back with it.
async fn an_account_that_cannot_be_given_its_first_credits_is_not_made(fixture: &Fixture) {
    let (store, who) = (&fixture.store, &fixture.who);
    for (limited, amount) in [(true, 0), (true, -1), (false, 70)] {
        let new = NewAccount {
            limited,
            ..new_account("acme")
        };
        let id = AccountId::new(at(0), 5);
        let made = store.account_open(who, new, opening(amount), id, at(3));
        let error = made.await.unwrap_err();
        let fits = match limited {
            true => matches!(error, StoreError::Amount { .. }),
            false => matches!(error, StoreError::Unlimited(_)),
        };
        assert!(fits, "{error}");
    }
    // Neither can a table that takes no entry.
    fixture.sql("DROP TABLE credits").await;
    let new = NewAccount {
        limited: true,
        ..new_account("acme")
    };
    let id = AccountId::new(at(0), 5);
    let made = store.account_open(who, new, opening(70), id, at(3)).await;
    assert!(matches!(made, Err(StoreError::Unavailable(_))), "{made:?}");
    assert_eq!(store.account_list().await.unwrap(), []);
    assert_eq!(fixture.audit().await, []);
}

async fn a_statement_is_paged(fixture: &Fixture) {
    let id = limited(fixture, "acme").await;
    let other = limited(fixture, "other").await;
    for amount in 1..=7 {
        add(fixture, id, amount).await.unwrap();
        add(fixture, other, 100).await.unwrap();
    }
    let mut seen = vec![];
    let mut query = CreditsQuery {
        limit: 3,
        ..CreditsQuery::default()
    };
    loop {
        let page = fixture.store.credits_list(id, query).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else {
            break;
        };
        query.before = Some(last.id);
        seen.extend(page.iter().map(|one| one.amount.as_micros()));
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
}

async fn no_account_is_given_less_than_nothing_or_too_much(fixture: &Fixture) {
    let id = limited(fixture, "acme").await;
    add(fixture, id, 70).await.unwrap();
    let before = (
        fixture.store.account_fetch(id).await.unwrap(),
        fixture.audit().await.len(),
    );
    for amount in [-71, 0, i64::MAX, i64::MIN] {
        let error = add(fixture, id, amount).await.unwrap_err();
        let named = matches!(&error, StoreError::Amount { credited, amount: seen, .. }
            if *credited == credits(70) && *seen == credits(amount));
        assert!(named, "{error}");
    }
    let after = fixture.store.account_fetch(id).await.unwrap();
    assert_eq!((after, fixture.audit().await.len()), before);
    let nobody = AccountId::new(at(0), 999);
    assert!(add(fixture, nobody, 1).await.is_err());
    let entries = fixture.store.credits_list(nobody, CreditsQuery::default());
    assert!(entries.await.is_err());
    // All of it can be taken back, and given again.
    add(fixture, id, -70).await.unwrap();
    add(fixture, id, i64::MAX).await.unwrap();
}

async fn an_unlimited_account_takes_no_credits(fixture: &Fixture) {
    let id = fixture.account("acme").await.account.id;
    let error = add(fixture, id, 5).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unlimited(name) if name == "acme"),
        "{error}"
    );
    let entries = fixture.store.credits_list(id, CreditsQuery::default());
    assert_eq!(entries.await.unwrap(), []);
}

async fn an_account_is_limited_to_what_it_was_given(fixture: &Fixture) {
    let id = fixture.account("acme").await.account.id;
    let credited = |stored: StoredAccount| stored.account.funds.credited;
    let none = Some(Credits::ZERO);
    assert_eq!(credited(edit(fixture, id, switch(true)).await), none);
    add(fixture, id, 70).await.unwrap();
    add(fixture, id, -20).await.unwrap();
    assert_eq!(credited(edit(fixture, id, switch(false)).await), None);
    let given = Some(credits(50));
    assert_eq!(credited(edit(fixture, id, switch(true)).await), given);
    assert_eq!(credited(edit(fixture, id, switch(true)).await), given);
}

async fn a_deleted_account_takes_its_statement_with_it(fixture: &Fixture) {
    let id = limited(fixture, "acme").await;
    add(fixture, id, 70).await.unwrap();
    let (store, who) = (&fixture.store, &fixture.who);
    store.account_delete(who, id, at(10)).await.unwrap();
    let new = NewAccount {
        limited: true,
        ..new_account("acme")
    };
    store.account_insert(who, new, id, at(11)).await.unwrap();
    let entries = store.credits_list(id, CreditsQuery::default()).await;
    assert_eq!(entries.unwrap(), []);
}

async fn a_principal_says_what_its_account_spent(fixture: &Fixture) {
    let token = fixture.token("one").await.token;
    let (secret, kept) = fixture.secret();
    let (store, who) = (&fixture.store, &fixture.who);
    let rotated = store.token_rotate(who, token.id, kept, at(9), at(1));
    rotated.await.unwrap();
    fixture
        .sql(
            "INSERT INTO account_spend (account_id, used, held, period_begin, period_used)
             SELECT id, 7, 3, 0, 2 FROM accounts WHERE 1 = 1
             ON CONFLICT (account_id) DO UPDATE SET used = excluded.used, held = excluded.held,
                 period_begin = excluded.period_begin, period_used = excluded.period_used",
        )
        .await;
    let found = store.credential(fixture.hash(&secret)).await.unwrap();
    let principal = found.unwrap().principal;
    let account = store.account_fetch(token.account).await.unwrap();
    assert_eq!(principal.account, account.account);
    assert_eq!(principal.account_spent, account.spent);
    assert_eq!(principal.account_spent.lifetime, spent(7, 3));
    assert_eq!(principal.spent, Standing::default());
}
