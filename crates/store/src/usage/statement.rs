//! What a token is told of itself.

use diesel::prelude::QueryableByName;
use diesel::sql_types::BigInt;
use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper, sql_query,
};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tollgate_ledger::book::BookError;
use tollgate_ledger::statement::{Statement, Statements};
use tollgate_policy::id::TokenId;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;

use super::report::{SumsRow, measures};
use super::{Day, RecentUsage};
use crate::account::AccountRow;
use crate::backend::{Conn, on_backend};
use crate::error::StoreError;
use crate::schema::{account_spend, accounts, token_spend, tokens};
use crate::spend::{AccountSpend, TokenSpend};
use crate::store::Store;
use crate::token::row::TokenRow;

impl Statements for Store {
    fn statement(
        &self,
        token: TokenId,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Option<Statement>, BookError>> {
        let read = self.read(move |conn| Box::pin(statement(conn, token, now)));
        read.map(|read| read.map_err(|error| BookError(error.into())))
            .boxed()
    }
}

/// A token and its account, each with what it has spent.
type Found = (
    TokenRow,
    Option<TokenSpend>,
    AccountRow,
    Option<AccountSpend>,
);

async fn statement(
    conn: &mut Conn,
    token: TokenId,
    now: Timestamp,
) -> Result<Option<Statement>, StoreError> {
    let found = on_backend!(conn, c => tokens::table
        .inner_join(accounts::table)
        .left_join(token_spend::table)
        .left_join(account_spend::table.on(account_spend::account_id.eq(accounts::id)))
        .filter(tokens::id.eq(token.raw()))
        .select((
            TokenRow::as_select(),
            Option::<TokenSpend>::as_select(),
            AccountRow::as_select(),
            Option::<AccountSpend>::as_select(),
        ))
        .first::<Found>(c)
        .await
        .optional())?;
    let Some((row, spend, account, account_spend)) = found else {
        return Ok(None);
    };
    let (policy, spent) = row.token(spend.as_ref())?;
    let account = account.read(account_spend)?;
    let usage = recent(conn, token, now).await?;
    Ok(Some(Statement {
        principal: Principal {
            token: policy,
            account: account.account,
            spent,
            account_spent: account.spent,
        },
        today: usage.today.paid(),
        this_week: usage.this_week.paid(),
        this_month: usage.this_month.paid(),
    }))
}

#[derive(QueryableByName)]
struct DayRow {
    #[diesel(sql_type = BigInt)]
    day: i64,
    #[diesel(embed)]
    sums: SumsRow,
}

/// At most some 37 rows: a month and the part of a week before it.
pub(super) async fn recent(
    conn: &mut Conn,
    token: TokenId,
    now: Timestamp,
) -> Result<RecentUsage, StoreError> {
    let today = Day::of(now);
    let (monday, first) = (today.monday(), today.month());
    let text = format!(
        "SELECT day, {} FROM usage_daily WHERE token_id = $1 AND day >= $2 AND day <= $3 GROUP BY day",
        measures()
    );
    let rows = on_backend!(conn, c => sql_query(text)
        .bind::<BigInt, _>(token.raw())
        .bind::<BigInt, _>(monday.min(first).number())
        .bind::<BigInt, _>(today.number())
        .load::<DayRow>(c)
        .await)?;
    let mut usage = RecentUsage::default();
    for row in rows {
        let (day, sums) = (Day::from_number(row.day), row.sums.read());
        let spans = [
            (today, &mut usage.today),
            (monday, &mut usage.this_week),
            (first, &mut usage.this_month),
        ];
        for (since, total) in spans {
            if day >= since {
                total.add(&sums);
            }
        }
    }
    Ok(usage)
}
