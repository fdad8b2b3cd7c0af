//! What the store promises, held against both databases by the same tests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

/// Runs each of these functions as a test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let fixture = $crate::contract::fixture::Fixture::sqlite().await;
                    super::$name(&fixture).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let fixture = $crate::contract::fixture::Fixture::postgres().await;
                    super::$name(&fixture).await;
                }
            )*
        }
    };
}

mod contract {
    pub mod accounts;
    pub mod alerts;
    pub mod audit;
    pub mod book;
    pub mod catalog;
    pub mod fixture;
    pub mod funds;
    pub mod keyword;
    pub mod list;
    pub mod open;
    pub mod openid;
    pub mod paging;
    pub mod people;
    pub mod prices;
    pub mod quotas;
    pub mod receipts;
    pub mod reports;
    pub mod responses;
    pub mod rights;
    pub mod routing;
    pub mod sealed;
    pub mod tokens;
    pub mod totals;
    pub mod usage;
    pub mod writers;
}
