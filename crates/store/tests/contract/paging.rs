//! Orders and pages: all pages together are the whole list, through ties and missing values.

use std::cmp::Ordering;

use tollgate_policy::credits::Credits;
use tollgate_policy::token::TokenStatus;
use tollgate_rights::source::Source;
use tollgate_store::StoreError;
use tollgate_store::token::{Direction, Sort, SortKey, StoredToken, TokenEdit, TokenQuery};

use super::fixture::{Fixture, at};

on_both! {
    pages_together_are_the_whole_list_in_every_order
    a_list_of_thousands_is_walked_in_the_same_order
    what_few_of_thousands_fulfil_together_is_found_in_every_order
    the_cursor_of_another_order_is_refused
    a_page_has_between_1_and_200_tokens
}

const COUNT: i64 = 40;

/// Tokens with few different values, so that most have one in common with another.
async fn fill(fixture: &Fixture) -> Vec<StoredToken> {
    let home = fixture.token("b1").await.token;
    let mut made = vec![];
    for i in 0..COUNT {
        let names = ["a1", "B2", "b1", "é3"];
        let text = names[usize::try_from(i % 4).unwrap()];
        let mut new = fixture.new_token(text, home.account, home.group);
        new.expires_at = (i % 3 > 0).then(|| at(1000 + i % 5));
        let id = fixture.insert(new, i % 7).await.token.id;
        // Some count nothing; of the others some count the same, or nearly so.
        if i % 6 > 0 {
            fixture.spend(id, Credits::from_micros(30 + i % 6)).await;
        }
        if i % 4 > 0 {
            fixture
                .store
                .record_uses(vec![(id, at(100 + i % 4))])
                .await
                .unwrap();
        }
        made.push(fixture.store.token_fetch(id).await.unwrap());
    }
    fixture
        .store
        .token_delete(&fixture.who, home.id, at(0))
        .await
        .unwrap();
    made
}

fn compare(key: SortKey, a: &StoredToken, b: &StoredToken) -> Ordering {
    let never = at(i64::MAX / 2_000_000);
    let by_key = match key {
        SortKey::Created => a.created_at.cmp(&b.created_at),
        SortKey::Name => a.token.name.as_str().cmp(b.token.name.as_str()),
        SortKey::LastUsed => a.last_used_at.cmp(&b.last_used_at),
        SortKey::Expires => {
            let end = |one: &StoredToken| one.token.expires_at.unwrap_or(never);
            end(a).cmp(&end(b))
        }
        SortKey::Used => a.spent.lifetime.used.cmp(&b.spent.lifetime.used),
    };
    by_key.then(a.token.id.cmp(&b.token.id))
}

async fn pages(fixture: &Fixture, mut query: TokenQuery) -> Vec<StoredToken> {
    let mut all = vec![];
    loop {
        let page = fixture.store.token_list(&query).await.unwrap();
        let full = page.items.len() == usize::try_from(query.limit).unwrap();
        assert!(full || page.next.is_none());
        all.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return all,
        }
    }
}

/// What the filters below find, worked out here.
fn fits(filter: usize, one: &StoredToken) -> bool {
    let token = &one.token;
    let text = format!("{} {} {}", token.name, one.creator, token.id).to_lowercase();
    match filter {
        2 => text.contains('b'),
        4 => one.last_used_at.is_none() && one.spent.lifetime.used == Credits::ZERO,
        _ => true,
    }
}

async fn pages_together_are_the_whole_list_in_every_order(fixture: &Fixture) {
    let mut made = fill(fixture).await;
    let group = made[0].token.group;
    let filters: [fn(&mut TokenQuery); 5] = [
        |_| (),
        |q| q.keyword = Some("ada".to_owned()),
        |q| q.keyword = Some("b".to_owned()),
        |q| q.status = Some(TokenStatus::Enabled),
        |q| q.never_used = true,
    ];
    for key in SortKey::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            made.sort_by(|a, b| match direction {
                Direction::Ascending => compare(key, a, b),
                Direction::Descending => compare(key, b, a),
            });
            for (i, filter) in filters.iter().enumerate() {
                for limit in [1, 7, 40, 200] {
                    let mut query = TokenQuery::new(at(500));
                    query.sort = Sort { key, direction };
                    query.limit = limit;
                    query.group = (limit == 7).then_some(group);
                    filter(&mut query);
                    let seen = pages(fixture, query).await;
                    let expected: Vec<_> =
                        made.iter().filter(|one| fits(i, one)).cloned().collect();
                    assert_eq!(
                        seen, expected,
                        "{key:?} {direction:?} filter {i} by {limit}"
                    );
                }
            }
        }
    }
}

/// More tokens than are collected and sorted, all alike in what is filtered by.
const MANY: usize = 10_001;

async fn fill_many(fixture: &Fixture) -> StoredToken {
    let mut home = fixture.token("home").await;
    let edit = TokenEdit {
        quota: Some(Some(Credits::from_micros(1))),
        expires_at: Some(Some(at(1000))),
        ..TokenEdit::default()
    };
    let id = home.token.id;
    home = fixture
        .store
        .token_edit(&fixture.who, id, edit, at(0))
        .await
        .unwrap();
    let (from, copies) = (id.raw(), MANY - 1);
    fixture
        .sql(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies})
             INSERT INTO tokens (id, name, account_id, group_id, state, expires_at, quota,
                 period_limit, period_unit, period_zone, creator, note, search_text, created_at, updated_at, last_used_at, version)
             SELECT id + i, 'many ' || (i % 10), account_id, group_id, state, expires_at,
                 CASE WHEN i % 2 = 0 THEN quota END, CASE WHEN i % 2 = 1 THEN 5 END, 'day', 'UTC',
                 creator, note, search_text, created_at + i % 1000, updated_at,
                 created_at + i % 13, version
             FROM tokens, n WHERE id = {from};
             INSERT INTO token_spend (token_id, used, magnitude, period_used, period_begin,
                 period_end)
             SELECT id, 1 + id % 7, 1 + id % 7, 5, created_at - 1000000, created_at + 900000000
             FROM tokens WHERE id > {from}"
        ))
        .await;
    fixture.spend(id, Credits::from_micros(1)).await;
    home
}

async fn a_list_of_thousands_is_walked_in_the_same_order(fixture: &Fixture) {
    let home = fill_many(fixture).await;
    let filters: [&dyn Fn(&mut TokenQuery); 7] = [
        &|_| (),
        &|q| q.account = Some(home.token.account),
        &|q| q.group = Some(home.token.group),
        &|q| q.creator = Some("ada".to_owned()),
        &|q| q.status = Some(TokenStatus::Exhausted),
        &|q| q.keyword = Some("home".to_owned()),
        &|q| {
            q.keyword = Some("home".to_owned());
            q.group = Some(home.token.group);
        },
    ];
    for (i, filter) in filters.iter().enumerate() {
        // Each filter with the default order, and with one of the others.
        let other = SortKey::ALL[i % SortKey::ALL.len()];
        let orders = [
            (SortKey::Created, Direction::Descending),
            (other, Direction::Ascending),
        ];
        for (key, direction) in orders {
            let mut query = TokenQuery::new(at(500));
            query.sort = Sort { key, direction };
            query.limit = 200;
            filter(&mut query);
            let seen = pages(fixture, query).await;
            assert_eq!(seen.len(), MANY, "{key:?} filter {i}");
            let ordered = seen.is_sorted_by(|a, b| match direction {
                Direction::Ascending => compare(key, a, b) == Ordering::Less,
                Direction::Descending => compare(key, a, b) == Ordering::Greater,
            });
            assert!(ordered, "{key:?} {direction:?} filter {i}");
        }
    }
}

/// No condition alone is fulfilled by few, and no order has the few close together.
async fn what_few_of_thousands_fulfil_together_is_found_in_every_order(fixture: &Fixture) {
    let home = fill_many(fixture).await;
    fixture
        .sql(
            "UPDATE tokens SET quota = NULL, period_limit = NULL, period_unit = NULL,
                 period_zone = NULL, used_up = FALSE WHERE id % 1000 = 7",
        )
        .await;
    let filters: [&dyn Fn(&mut TokenQuery); 5] = [
        &|_| (),
        &|q| q.account = Some(home.token.account),
        &|q| q.keyword = Some("home".to_owned()),
        &|q| q.keyword = Some("h".to_owned()),
        &|q| {
            q.keyword = Some("om".to_owned());
            q.group = Some(home.token.group);
            q.created_from = Some(at(0));
        },
    ];
    for (i, filter) in filters.iter().enumerate() {
        for key in SortKey::ALL {
            for direction in [Direction::Ascending, Direction::Descending] {
                let mut query = TokenQuery::new(at(500));
                query.sort = Sort { key, direction };
                query.limit = 4;
                query.status = Some(TokenStatus::Enabled);
                filter(&mut query);
                let seen = pages(fixture, query).await;
                assert_eq!(seen.len(), 10, "{key:?} filter {i}");
                assert!(seen.iter().all(|one| one.token.id.raw() % 1000 == 7));
                let ordered = seen.is_sorted_by(|a, b| match direction {
                    Direction::Ascending => compare(key, a, b) == Ordering::Less,
                    Direction::Descending => compare(key, a, b) == Ordering::Greater,
                });
                assert!(ordered, "{key:?} {direction:?} filter {i}");
            }
        }
    }
}

async fn the_cursor_of_another_order_is_refused(fixture: &Fixture) {
    fill(fixture).await;
    let mut query = TokenQuery::new(at(500));
    query.limit = 5;
    query.cursor = fixture.store.token_list(&query).await.unwrap().next;
    assert!(query.cursor.is_some());
    query.sort.direction = Direction::Ascending;
    let error = fixture.store.token_list(&query).await.unwrap_err();
    assert!(matches!(error, StoreError::BadCursor), "{error}");
    query.sort = Sort::NEWEST;
    for bad in [
        "",
        "created-desc",
        "created-desc.1",
        "created-desc.x.1",
        "x",
    ] {
        query.cursor = Some(bad.to_owned());
        let error = fixture.store.token_list(&query).await.unwrap_err();
        assert!(matches!(error, StoreError::BadCursor), "{bad}: {error}");
    }
}

async fn a_page_has_between_1_and_200_tokens(fixture: &Fixture) {
    fill(fixture).await;
    let mut query = TokenQuery::new(at(500));
    query.limit = 0;
    assert_eq!(
        fixture.store.token_list(&query).await.unwrap().items.len(),
        1
    );
    query.limit = u32::MAX;
    let page = fixture.store.token_list(&query).await.unwrap();
    assert_eq!((page.items.len(), page.next), (40, None));
}
