-- A person who signs in. login_key is the login in lower case, by which it is unique and found.
-- password is an argon2id hash, totp_sealed a secret under the master key; totp_step is the last
-- step of which a code was accepted. Only the role `member` has an account.
CREATE TABLE members (
    id             INTEGER NOT NULL PRIMARY KEY,
    login          TEXT NOT NULL,
    login_key      TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    role           TEXT NOT NULL CHECK (role IN ('owner', 'operator', 'member', 'auditor')),
    account_id     INTEGER REFERENCES accounts (id),
    enabled        INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    password       TEXT,
    totp_sealed    BLOB,
    totp_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (totp_confirmed IN (0, 1)),
    totp_step      INTEGER NOT NULL DEFAULT 0,
    issuer         TEXT,
    subject        TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    signed_in_at   INTEGER,
    version        INTEGER NOT NULL,
    UNIQUE (issuer, subject),
    CHECK ((role = 'member') = (account_id IS NOT NULL)),
    CHECK ((issuer IS NULL) = (subject IS NULL))
) STRICT;
CREATE INDEX members_by_account ON members (account_id) WHERE account_id IS NOT NULL;

-- Hashes here and below are keyed, and the key is not in the database.
CREATE TABLE recovery_codes (
    hash      BLOB NOT NULL PRIMARY KEY,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX recovery_codes_by_member ON recovery_codes (member_id);

CREATE TABLE sessions (
    id         INTEGER NOT NULL PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    member_id  INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    address    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_member ON sessions (member_id, seen_at);
CREATE INDEX sessions_by_expires ON sessions (expires_at);

-- A link that works once: to be the first owner (without a member), to join, or to choose another
-- password.
CREATE TABLE links (
    hash       BLOB NOT NULL PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('first-owner', 'invite', 'reset')),
    member_id  INTEGER REFERENCES members (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((purpose = 'first-owner') = (member_id IS NULL))
) STRICT;
CREATE INDEX links_by_member ON links (member_id);

CREATE TABLE api_credentials (
    id           INTEGER NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    hash         BLOB NOT NULL UNIQUE,
    hint         TEXT NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('read', 'tokens', 'all')),
    member_id    INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_credentials_by_member ON api_credentials (member_id);

-- Attempts to sign in that failed or are under way, by the hash of a login or an address.
CREATE TABLE sign_in_attempts (
    hash     BLOB NOT NULL PRIMARY KEY,
    count    INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_attempts_by_last ON sign_in_attempts (last_at);

-- Creations of the API that may be asked for again: the answer is sealed, since it may hold a secret.
CREATE TABLE idempotency (
    hash       BLOB NOT NULL PRIMARY KEY,
    request    BLOB NOT NULL,
    answer     BLOB,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_created ON idempotency (created_at);

-- Grows with each change, so that an edit can be made only of what was read.
ALTER TABLE accounts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE groups ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE models ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE upstreams ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
