//! A store in a throw-away database, and short ways to fill it.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tollgate_policy::bound::Window;
use tollgate_policy::credits::Credits;
use tollgate_policy::group::{Multiplier, Terms};
use tollgate_policy::id::{AccountId, GroupId, ModelId, TokenId, UpstreamId};
use tollgate_policy::limit::Limits;
use tollgate_policy::name::Name;
use tollgate_policy::period::Period;
use tollgate_policy::quota::{PeriodicLimit, Quota, Spent};
use tollgate_policy::scope::{Allow, Scope};
use tollgate_policy::secret::{Secret, SecretHash};
use tollgate_policy::time::Timestamp;
use tollgate_policy::upstream::{Pricing, ServedModel, Serves};
use tollgate_rights::source::Carrier;
use tollgate_store::account::{NewAccount, StoredAccount};
use tollgate_store::audit::{AuditEntry, AuditQuery};
use tollgate_store::group::{NewGroup, StoredGroup};
use tollgate_store::model::{NewModel, StoredModel};
use tollgate_store::token::{NewSecret, NewToken, StoredToken};
use tollgate_store::upstream::{NewCredential, NewUpstream, Reach, StoredUpstream};
use tollgate_store::{Actor, MasterKey, Store};

pub const KEY: [u8; 32] = [7; 32];
/// Start of the test's time: 2027-01-15.
pub const START: i64 = 1_800_000_000;

pub struct Fixture {
    pub store: Store,
    pub url: String,
    pub who: Actor,
    numbers: AtomicU32,
    _folder: Option<tempfile::TempDir>,
}

/// So many seconds after the start of the test's time.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(START + seconds)
}

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// The variables that stores of tests see.
pub fn environment(name: &str) -> Option<String> {
    (name == "UPSTREAM_KEY").then(|| "sk-from-environment".to_owned())
}

impl Fixture {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::open(url, Some(folder)).await
    }

    pub async fn postgres() -> Self {
        let url = tokio::task::spawn_blocking(tollgate_testkit::postgres::fresh_database);
        Self::open(url.await.unwrap(), None).await
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let key = MasterKey::from_bytes(KEY);
        Self {
            store: Store::open(&url, key, environment).await.unwrap(),
            url,
            who: Actor::new("ada", "cli"),
            numbers: AtomicU32::new(1),
            _folder: folder,
        }
    }

    /// Runs SQL past the store.
    pub async fn sql(&self, text: &str) {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut conn = SqliteConnection::establish(path).unwrap();
            conn.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
            conn.batch_execute(text).unwrap();
        } else {
            let mut conn = AsyncPgConnection::establish(&self.url).await.unwrap();
            conn.batch_execute(text).await.unwrap();
        }
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let text = format!("SELECT COUNT(*) FROM {table}");
        let count = diesel::dsl::sql::<diesel::sql_types::BigInt>(&text);
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut conn = SqliteConnection::establish(path).unwrap();
            diesel::RunQueryDsl::get_result(count, &mut conn).unwrap()
        } else {
            let mut conn = AsyncPgConnection::establish(&self.url).await.unwrap();
            let counted = diesel_async::RunQueryDsl::get_result(count, &mut conn);
            counted.await.unwrap()
        }
    }

    /// A number that was not given before in this test.
    pub fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A new secret and what the store keeps of it.
    pub fn secret(&self) -> (Secret, NewSecret) {
        let mut entropy = [0; 32];
        entropy[..4].copy_from_slice(&self.number().to_be_bytes());
        let secret = Secret::native(&entropy);
        let kept = self.kept(&secret);
        (secret, kept)
    }

    pub fn kept(&self, secret: &Secret) -> NewSecret {
        NewSecret {
            hash: self.hash(secret),
            hint: secret.hint(),
            sealed: None,
        }
    }

    pub fn hash(&self, secret: &Secret) -> SecretHash {
        secret.hash(&self.store.hash_key())
    }

    pub async fn account(&self, text: &str) -> StoredAccount {
        let new = new_account(text);
        let id = AccountId::new(at(0), self.number());
        let made = self.store.account_insert(&self.who, new, id, at(0)).await;
        made.unwrap()
    }

    pub async fn group(&self, text: &str) -> StoredGroup {
        let new = NewGroup {
            name: name(text),
            multiplier: Multiplier::ONE,
            scope: Scope::default(),
            terms: Terms::default(),
            open: false,
            note: String::new(),
        };
        let id = GroupId::new(at(0), self.number());
        let made = self.store.group_insert(&self.who, new, id, at(0)).await;
        made.unwrap()
    }

    pub async fn model(&self, text: &str) -> StoredModel {
        let new = NewModel {
            name: text.parse().unwrap(),
            provider: "openai".parse().unwrap(),
            enabled: true,
            pricing: Pricing::default(),
            window: Window::default(),
            note: String::new(),
        };
        let id = ModelId::new(at(0), self.number());
        let made = self.store.model_insert(&self.who, new, id, at(0)).await;
        made.unwrap()
    }

    pub fn new_upstream(&self, text: &str, serves: Serves) -> NewUpstream {
        NewUpstream {
            name: name(text),
            provider: "openai".parse().unwrap(),
            dialect: "openai".parse().unwrap(),
            base_url: "https://api.example.com/v1".parse().unwrap(),
            carrier: Carrier::Bearer,
            credential: NewCredential::None,
            reach: Reach::default(),
            proxy: None,
            sticky: false,
            enabled: true,
            priority: 0,
            weight: 1,
            groups: Allow::Any,
            serves,
            price: None,
            note: String::new(),
        }
    }

    pub async fn upstream(&self, new: NewUpstream) -> StoredUpstream {
        let id = UpstreamId::new(at(0), self.number());
        let made = self.store.upstream_insert(&self.who, new, id, at(0)).await;
        made.unwrap()
    }

    pub fn new_token(&self, text: &str, account: AccountId, group: GroupId) -> NewToken {
        NewToken {
            name: name(text),
            account,
            group,
            expires_at: None,
            quota: Quota::UNLIMITED,
            limits: Limits::default(),
            scope: Scope::default(),
            creator: "ada".to_owned(),
            note: String::new(),
            secrets: vec![self.secret().1],
        }
    }

    /// A token in an account and a group of its own.
    pub async fn token(&self, text: &str) -> StoredToken {
        let account = self.account(&format!("acc {}", self.number())).await;
        let group = self.group(&format!("grp {}", self.number())).await;
        self.insert(self.new_token(text, account.account.id, group.group.id), 0)
            .await
    }

    pub async fn insert(&self, new: NewToken, seconds: i64) -> StoredToken {
        let id = TokenId::new(at(seconds), self.number());
        let made = self.store.token_insert(&self.who, new, id, at(seconds));
        made.await.unwrap()
    }

    /// Sets what a token has spent, which no call of this crate does.
    pub async fn spend(&self, token: TokenId, used: Credits) {
        let (used, id) = (used.as_micros(), token.raw());
        let magnitude = magnitude(used);
        self.sql(&format!(
            "INSERT INTO token_spend (token_id, used, magnitude) VALUES ({id}, {used}, {magnitude})
             ON CONFLICT (token_id)
             DO UPDATE SET used = excluded.used, magnitude = excluded.magnitude"
        ))
        .await;
        self.mark().await;
    }

    /// Notes which tokens have used up a limit, where a test wrote limits or counts by itself.
    pub async fn mark(&self) {
        let used = |column| {
            format!("COALESCE((SELECT {column} FROM token_spend WHERE token_id = tokens.id), 0)")
        };
        let (used, period_used) = (used("used"), used("period_used"));
        self.sql(&format!(
            "UPDATE tokens SET used_up = (quota IS NOT NULL AND {used} >= quota)
                 OR (period_limit IS NOT NULL AND {period_used} >= period_limit)"
        ))
        .await;
    }

    /// The whole audit log, oldest first.
    pub async fn audit(&self) -> Vec<AuditEntry> {
        let query = AuditQuery {
            limit: 1000,
            ..AuditQuery::default()
        };
        let mut entries = self.store.audit_list(&query).await.unwrap();
        entries.reverse();
        entries
    }
}

/// What was used on the scale that tokens are sorted by first.
pub fn magnitude(used: i64) -> i64 {
    let shift = i64::from(used.max(1).ilog2()).max(3) - 3;
    shift * 8 + (used >> shift)
}

pub fn credits(micros: i64) -> Credits {
    Credits::from_micros(micros)
}

pub fn spent(used: i64, held: i64) -> Spent {
    let (used, held) = (credits(used), credits(held));
    Spent { used, held }
}

/// So many micro-credits in each such period.
pub fn periodic(limit: i64, unit: &str, zone: &str) -> PeriodicLimit {
    PeriodicLimit {
        limit: credits(limit),
        period: Period {
            unit: unit.parse().unwrap(),
            zone: zone.parse().unwrap(),
        },
    }
}

/// An account without a limit.
pub fn new_account(text: &str) -> NewAccount {
    NewAccount {
        name: name(text),
        enabled: true,
        limited: false,
        credit_line: Credits::ZERO,
        periodic: None,
        limits: Limits::default(),
        scope: Scope::default(),
        note: String::new(),
    }
}

/// The models of these names.
pub fn serves(models: &[&str]) -> Serves {
    let served = |text: &&str| ServedModel {
        name: text.parse().unwrap(),
        sent_as: None,
    };
    Serves::Models(models.iter().map(served).collect())
}
