//! The PostgreSQL pool.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::bb8::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};

use crate::error::StoreError;

const CONNECTIONS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the pool of a database that is there and migrated.
pub(crate) async fn open(url: &str) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut config = ManagerConfig::<AsyncPgConnection>::default();
    config.recycling_method = RecyclingMethod::Fast;
    Pool::builder()
        .max_size(CONNECTIONS)
        .connection_timeout(PATIENCE)
        .build(AsyncDieselConnectionManager::new_with_config(url, config))
        .await
        .map_err(StoreError::unavailable)
}
