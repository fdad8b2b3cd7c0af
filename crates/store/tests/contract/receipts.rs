//! Receipts as they are found again, listed and deleted.

use tollgate_ledger::receipt::{Ending, Receipt};
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::usage::Usage;
use tollgate_store::receipt::{ReceiptQuery, StoredReceipt};

use super::book::desk::{number, payers, receive, stands};
use super::fixture::{Fixture, at, credits};

on_both! {
    a_receipt_is_found_as_it_was_settled
    every_ending_reads_back
    a_receipt_with_little_in_it_reads_back
    receipts_are_listed_newest_first_by_token_and_account
    old_receipts_are_pruned_and_their_sums_stay
    many_receipts_are_pruned
    a_damaged_receipt_is_named
}

async fn found(fixture: &Fixture, request: RequestId) -> StoredReceipt {
    let found = fixture.store.receipt_fetch(request).await.unwrap();
    found.unwrap()
}

fn stored(receipt: Receipt) -> StoredReceipt {
    StoredReceipt {
        request: receipt.request,
        token: receipt.payer.token,
        account: receipt.payer.account,
        group: receipt.group,
        endpoint: receipt.endpoint,
        model: receipt.model,
        upstream: receipt.upstream,
        served_as: receipt.served_as,
        client: receipt.client,
        status: receipt.status,
        streamed: receipt.streamed,
        ending: receipt.ending,
        usage: receipt.usage,
        estimated: receipt.estimated,
        quote: receipt.quote,
        cost: receipt.cost,
        uncovered: receipt.uncovered,
        started: receipt.started,
        first_byte: receipt.first_byte,
        total: receipt.total,
    }
}

async fn a_receipt_is_found_as_it_was_settled(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipt = Receipt {
        served_as: Some("gpt-x-2027".to_owned()),
        uncovered: credits(3),
        estimated: true,
        ..who.receipt(fixture, 70, 0)
    };
    receive(fixture, vec![receipt.clone()], 1).await;
    assert_eq!(found(fixture, receipt.request).await, stored(receipt));
    let other = RequestId::new(at(0), 0);
    assert_eq!(fixture.store.receipt_fetch(other).await.unwrap(), None);
}

async fn every_ending_reads_back(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipts = Ending::ALL.map(|ending| Receipt {
        ending,
        ..who.receipt(fixture, 1, 0)
    });
    receive(fixture, receipts.to_vec(), 1).await;
    for receipt in receipts {
        assert_eq!(found(fixture, receipt.request).await.ending, receipt.ending);
    }
    let failed = number(fixture, "SELECT failed AS number FROM usage_daily").await;
    assert_eq!(failed, 4);
}

async fn a_receipt_with_little_in_it_reads_back(fixture: &Fixture) {
    let who = payers(fixture).await;
    let mut receipt = Receipt {
        model: None,
        upstream: None,
        status: None,
        first_byte: None,
        streamed: false,
        usage: Usage::NONE,
        client: "192.0.2.1".parse().unwrap(),
        ..who.receipt(fixture, 0, 0)
    };
    receipt.quote.price = tollgate_policy::price::Price::EMPTY;
    receive(fixture, vec![receipt.clone()], 1).await;
    assert_eq!(found(fixture, receipt.request).await, stored(receipt));
}

async fn receipts_are_listed_newest_first_by_token_and_account(fixture: &Fixture) {
    let (one, other) = (payers(fixture).await, payers(fixture).await);
    let mut of_one = Vec::new();
    let mut receipts = Vec::new();
    for second in 0..7 {
        of_one.push(one.receipt(fixture, 1, second));
        receipts.push(other.receipt(fixture, 1, second));
    }
    receipts.extend(of_one.clone());
    receive(fixture, receipts, 10).await;
    let expected: Vec<StoredReceipt> = of_one.into_iter().rev().map(stored).collect();
    let by_token = ReceiptQuery {
        token: Some(one.payer.token),
        limit: 3,
        ..ReceiptQuery::default()
    };
    let by_account = ReceiptQuery {
        token: None,
        account: Some(one.payer.account),
        ..by_token
    };
    for mut query in [by_token, by_account] {
        let mut seen = Vec::new();
        loop {
            let page = fixture.store.receipts_list(query).await.unwrap();
            assert!(page.len() <= 3);
            let Some(last) = page.last() else {
                break;
            };
            query.before = Some(last.request);
            seen.extend(page);
        }
        assert_eq!(seen, expected);
    }
    let all = fixture.store.receipts_list(ReceiptQuery::default()).await;
    assert_eq!(all.unwrap().len(), 14);
}

async fn old_receipts_are_pruned_and_their_sums_stay(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipts: Vec<Receipt> = (0..6).map(|i| who.receipt(fixture, 10, i)).collect();
    receive(fixture, receipts.clone(), 10).await;
    assert_eq!(fixture.store.receipts_prune(at(4)).await.unwrap(), 4);
    let left = fixture.store.receipts_list(ReceiptQuery::default()).await;
    let left: Vec<RequestId> = left.unwrap().iter().map(|one| one.request).collect();
    assert_eq!(left, [receipts[5].request, receipts[4].request]);
    assert_eq!(stands(fixture).await.counts(who.token()), (60, 0));
    let sums = number(fixture, "SELECT requests AS number FROM usage_daily").await;
    assert_eq!(sums, 6);
}

async fn many_receipts_are_pruned(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipts: Vec<Receipt> = (0..2_500).map(|_| who.receipt(fixture, 1, 0)).collect();
    assert_eq!(receive(fixture, receipts, 10).await.settled, 2_500);
    assert_eq!(fixture.store.receipts_prune(at(0)).await.unwrap(), 0);
    assert_eq!(fixture.store.receipts_prune(at(1)).await.unwrap(), 2_500);
}

async fn a_damaged_receipt_is_named(fixture: &Fixture) {
    let who = payers(fixture).await;
    let receipt = who.receipt(fixture, 1, 0);
    let request = receipt.request;
    receive(fixture, vec![receipt], 1).await;
    for (column, value) in [("ending", "'lost'"), ("usage", "'['"), ("price", "'much'")] {
        fixture
            .sql(&format!("UPDATE receipts SET {column} = {value}"))
            .await;
        let error = fixture.store.receipt_fetch(request).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&request.to_string()), "{text}");
    }
}
