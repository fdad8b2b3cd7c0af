//! The use cases of an operator on a throw-away SQLite store, at a moment that tests choose.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod catalog;
mod choice;
mod confined;
mod explain;
mod import;
mod limits;
mod money;
mod people;
mod prices;
mod reports;
mod sealed;
mod tokens;
mod usage;

use std::cell::Cell;
use std::time::Duration;

use tollgate_admin_core::account::AccountInput;
use tollgate_admin_core::group::GroupInput;
use tollgate_admin_core::token::{Issued, TokenInput};
use tollgate_admin_core::{
    Actor, AdminError, Context, ErrorKind, MasterKey, Store, account, group, token,
};
use tollgate_policy::time::Timestamp;

thread_local! {
    /// Each test runs on a thread of its own, and asks for the time only there.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::from_seconds(1_800_000_000)) };
}

fn now() -> Timestamp {
    NOW.get()
}

/// Lets time pass.
fn later(seconds: u64) {
    NOW.set(now().plus(Duration::from_secs(seconds)));
}

/// A store in a folder of its own, with the account `acme`, which spends without a limit, and the group `standard`.
struct World {
    context: Context,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tollgate.db");
        let key = MasterKey::from_bytes([7; 32]);
        let environment = |name: &str| (name == "UPSTREAM_KEY").then(|| "sk-env".to_owned());
        let url = path.to_str().unwrap();
        let store = Store::open(url, key, environment).await.unwrap();
        let context = Context::new(store, Actor::new("ada", "cli@test"), now);
        let world = Self { context, folder };
        let account = AccountInput {
            name: "acme".to_owned(),
            unlimited: true,
            ..AccountInput::default()
        };
        account::create(&world.context, &account).await.unwrap();
        let group = GroupInput {
            name: "standard".to_owned(),
            open_to_members: true,
            ..GroupInput::default()
        };
        group::create(&world.context, &group).await.unwrap();
        world
    }

    async fn token(&self, name: &str) -> Issued {
        token::create(&self.context, &named(name)).await.unwrap()
    }

    /// Everything that is on the disk.
    fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        bytes.collect::<Vec<_>>().concat()
    }
}

fn named(name: &str) -> TokenInput {
    TokenInput {
        name: name.to_owned(),
        account: "acme".to_owned(),
        group: "standard".to_owned(),
        ..TokenInput::default()
    }
}

/// The kind and text of what must have failed.
fn refused<T>(outcome: Result<T, AdminError>) -> (ErrorKind, String) {
    let Err(error) = outcome else {
        panic!("this should have been refused");
    };
    (error.kind(), error.to_string())
}

fn texts(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|text| (*text).to_owned()).collect())
}
