//! Settings of the whole installation: kept in `meta`, changed with a row of the audit log.

use serde::Serialize;
use tollgate_policy::price::Price;
use tollgate_policy::time::Timestamp;

use crate::actor::Actor;
use crate::audit::Change;
use crate::backend::Conn;
use crate::columns::{self, Row};
use crate::error::{Kind, StoreError};
use crate::meta;
use crate::store::{Changed, Store};

const DEFAULT_PRICE: &str = "price.default";
/// Settings are told apart by their action in the audit log, not by an id.
const NO_ID: i64 = 0;

/// What the audit log keeps of the default price.
#[derive(Serialize)]
struct DefaultPrice {
    default_price: Option<String>,
}

/// Settings. Every error leaves everything as it was.
impl Store {
    /// What models and mounted APIs cost that have no price of their own; `None` means that they
    /// cannot be called.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn default_price(&self) -> Result<Option<Price>, StoreError> {
        self.read(|conn| Box::pin(default_price(conn))).await
    }

    /// Says what models and mounted APIs cost that have no price of their own. Gateways read it
    /// with the catalog.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn default_price_set(
        &self,
        who: &Actor,
        price: Option<Price>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(who, at, move |conn| {
            Box::pin(set_default_price(conn, price))
        })
        .await
    }
}

pub(crate) async fn default_price(conn: &mut Conn) -> Result<Option<Price>, StoreError> {
    let text = meta::fetch(conn, DEFAULT_PRICE).await?;
    Row::new("meta", NO_ID).price(DEFAULT_PRICE, text.as_deref())
}

async fn set_default_price(conn: &mut Conn, price: Option<Price>) -> Changed<()> {
    let before = DefaultPrice {
        default_price: meta::fetch(conn, DEFAULT_PRICE).await?,
    };
    let after = DefaultPrice {
        default_price: columns::price(price.as_ref()),
    };
    match &after.default_price {
        Some(text) => {
            meta::insert_if_new(conn, DEFAULT_PRICE, text).await?;
            meta::update(conn, DEFAULT_PRICE, text).await?;
        }
        None => meta::delete(conn, DEFAULT_PRICE).await?,
    }
    let (before, after) = (Some(&before), Some(&after));
    let change = Change::new(Kind::Setting, "default-price", NO_ID, before, after)?;
    Ok(((), change))
}
