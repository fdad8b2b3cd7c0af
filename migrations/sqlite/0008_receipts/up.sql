-- What was put into an account or taken out of it by an operator: its statement.
CREATE TABLE credits (
    id         INTEGER NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    note       TEXT NOT NULL
) STRICT;

CREATE INDEX credits_by_account ON credits (account_id, id);

-- The gateways, by the identity of their journal, and when each was last heard of.
CREATE TABLE gateways (
    id      BLOB NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a gateway may still spend of a pot. The held of each pot is the sum of its leases.
-- begin is that of the period, 0 for a lifetime.
CREATE TABLE leases (
    gateway_id BLOB NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
    pot        TEXT NOT NULL CHECK (pot IN ('token', 'token_period', 'account', 'account_period')),
    owner_id   INTEGER NOT NULL,
    begin_at   INTEGER NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (gateway_id, pot, owner_id, begin_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX leases_by_pot ON leases (pot, owner_id);

-- One row for each call. The id begins with the time, so that rows are appended.
CREATE TABLE receipts (
    request_id            BLOB NOT NULL PRIMARY KEY,
    token_id              INTEGER NOT NULL,
    account_id            INTEGER NOT NULL,
    group_id              INTEGER NOT NULL,
    endpoint              TEXT NOT NULL,
    model                 TEXT,
    upstream_id           INTEGER,
    served_as             TEXT,
    client                TEXT NOT NULL,
    status                INTEGER,
    streamed              INTEGER NOT NULL CHECK (streamed IN (0, 1)),
    ending                TEXT NOT NULL,
    usage                 TEXT NOT NULL,
    input_tokens          INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    estimated             INTEGER NOT NULL CHECK (estimated IN (0, 1)),
    price                 TEXT NOT NULL,
    multiplier_millionths INTEGER NOT NULL,
    cost                  INTEGER NOT NULL,
    uncovered             INTEGER NOT NULL,
    started_at            INTEGER NOT NULL,
    first_byte            INTEGER,
    total                 INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX receipts_by_token ON receipts (token_id, request_id);
CREATE INDEX receipts_by_account ON receipts (account_id, request_id);

-- Sums of receipts by day, which stay when receipts are pruned. day counts from 1970-01-01 (UTC);
-- old days are summed up under the first day of their month. model is '' and upstream_id -1 where
-- there is none.
CREATE TABLE usage_daily (
    day           INTEGER NOT NULL,
    token_id      INTEGER NOT NULL,
    model         TEXT NOT NULL,
    upstream_id   INTEGER NOT NULL,
    group_id      INTEGER NOT NULL,
    account_id    INTEGER NOT NULL,
    creator       TEXT NOT NULL,
    requests      INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    estimated     INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    uncovered     INTEGER NOT NULL,
    PRIMARY KEY (day, token_id, model, upstream_id, group_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_daily_by_token ON usage_daily (token_id, day);
CREATE INDEX usage_daily_by_account ON usage_daily (account_id, day);

-- What operators are told of. The key names the occasion, so that each is told once.
CREATE TABLE alerts (
    id           INTEGER NOT NULL PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,
    at           INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   INTEGER NOT NULL,
    body         TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    delivered_at INTEGER
) STRICT;

CREATE INDEX alerts_due ON alerts (next_at) WHERE delivered_at IS NULL;
