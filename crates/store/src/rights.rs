//! The store as the source of rights: what the gateways read, and what they report.

use std::collections::BTreeMap;
use std::sync::Arc;

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use futures_util::future::BoxFuture;
use tollgate_policy::Catalog;
use tollgate_policy::id::TokenId;
use tollgate_policy::price::Price;
use tollgate_policy::secret::SecretHash;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_rights::source::{
    Changes, Credential, Position, Revision, Snapshot, Source, SourceError,
};

use crate::account::AccountRow;
use crate::backend::{Backend, Conn, on_backend};
use crate::columns::moment;
use crate::error::StoreError;
use crate::group::StoredGroup;
use crate::model::StoredModel;
use crate::schema::{account_spend, accounts, secrets, token_spend, tokens};
use crate::spend::{AccountSpend, TokenSpend};
use crate::store::{Inner, Store};
use crate::token::row::TokenRow;
use crate::token::secret;
use crate::upstream::StoredUpstream;
use crate::upstream::credential::{self, Kept};
use crate::{feed, group, model, setting, upstream, uses};

impl Source for Store {
    fn snapshot(&self) -> BoxFuture<'_, Result<Snapshot, SourceError>> {
        Box::pin(async {
            let parts = self.read(|conn| Box::pin(Parts::load(conn))).await;
            parts
                .and_then(|parts| parts.assemble(self.inner()))
                .map_err(source_error)
        })
    }

    fn credential(
        &self,
        hash: SecretHash,
    ) -> BoxFuture<'_, Result<Option<Credential>, SourceError>> {
        Box::pin(async move {
            self.detached(|inner| async move {
                let mut conn = inner.backend.conn().await?;
                credential(&mut conn, hash).await
            })
            .await
            .map_err(source_error)
        })
    }

    fn changes(&self, after: Position) -> BoxFuture<'_, Result<Changes, SourceError>> {
        Box::pin(async move {
            let changes = match &self.inner().backend {
                Backend::Sqlite(sqlite) => sqlite.feed.poll(after).await,
                Backend::Postgres(_) => {
                    self.detached(|inner| async move {
                        let mut conn = inner.backend.conn().await?;
                        feed::after(&mut conn, after).await
                    })
                    .await
                }
            };
            changes.map_err(source_error)
        })
    }

    fn record_uses(
        &self,
        uses: Vec<(TokenId, Timestamp)>,
    ) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            self.detached(|inner| async move { uses::record(&inner.backend, &uses).await })
                .await
                .map_err(source_error)
        })
    }
}

fn source_error(error: StoreError) -> SourceError {
    SourceError(Box::new(error))
}

/// A token and its account, each with what it has spent, and the end of the secret.
type Found = (
    TokenRow,
    Option<TokenSpend>,
    AccountRow,
    Option<AccountSpend>,
    Option<i64>,
);

/// One statement: a token, its account and its secret as they stand together.
async fn credential(conn: &mut Conn, hash: SecretHash) -> Result<Option<Credential>, StoreError> {
    let found = on_backend!(conn, c => secrets::table
        .inner_join(tokens::table.inner_join(accounts::table))
        .left_join(token_spend::table.on(token_spend::token_id.eq(tokens::id)))
        .left_join(account_spend::table.on(account_spend::account_id.eq(accounts::id)))
        .filter(secrets::hash.eq(hash.as_bytes().as_slice()))
        .filter(secrets::scheme.eq(secret::scheme(hash.scheme())))
        .select((
            TokenRow::as_select(),
            Option::<TokenSpend>::as_select(),
            AccountRow::as_select(),
            Option::<AccountSpend>::as_select(),
            secrets::valid_until,
        ))
        .first::<Found>(c)
        .await
        .optional())?;
    let Some((token, spend, account, account_spend, valid_until)) = found else {
        return Ok(None);
    };
    let (token, spent) = token.token(spend.as_ref())?;
    let account = account.read(account_spend)?;
    Ok(Some(Credential {
        principal: Principal {
            token,
            account: account.account,
            spent,
            account_spent: account.spent,
        },
        valid_until: moment(valid_until),
    }))
}

/// The catalog as it is read in one transaction.
struct Parts {
    revision: Revision,
    groups: Vec<StoredGroup>,
    models: Vec<StoredModel>,
    default_price: Option<Price>,
    upstreams: Vec<(StoredUpstream, Kept)>,
}

impl Parts {
    async fn load(conn: &mut Conn) -> Result<Self, StoreError> {
        Ok(Self {
            revision: feed::revision(conn).await?,
            groups: group::all(conn).await?,
            models: model::all(conn).await?,
            default_price: setting::default_price(conn).await?,
            upstreams: upstream::row::all_with_credentials(conn).await?,
        })
    }

    fn assemble(self, inner: &Inner) -> Result<Snapshot, StoreError> {
        let mut access = BTreeMap::new();
        let mut upstreams = Vec::with_capacity(self.upstreams.len());
        for (stored, kept) in self.upstreams {
            let upstream = stored.upstream.clone();
            let reached = credential::access(inner, stored, &kept)?;
            access.insert(upstream.id, Arc::new(reached));
            upstreams.push(upstream);
        }
        let catalog = Catalog::with_default_price(
            self.default_price,
            self.groups.into_iter().map(|stored| stored.group),
            self.models.into_iter().map(|stored| stored.model),
            upstreams,
        )
        .map_err(|error| StoreError::corrupt("upstreams", "all", error))?;
        Ok(Snapshot {
            catalog,
            access,
            revision: self.revision,
        })
    }
}
