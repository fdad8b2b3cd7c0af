-- What was put into an account or taken out of it by an operator: its statement.
CREATE TABLE credits (
    id         BIGINT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    at         BIGINT NOT NULL,
    amount     BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    note       TEXT NOT NULL
);

CREATE INDEX credits_by_account ON credits (account_id, id);

-- The gateways, by the identity of their journal, and when each was last heard of.
CREATE TABLE gateways (
    id      BYTEA NOT NULL PRIMARY KEY,
    seen_at BIGINT NOT NULL
);

-- What a gateway may still spend of a pot. The held of each pot is the sum of its leases.
-- begin is that of the period, 0 for a lifetime.
CREATE TABLE leases (
    gateway_id BYTEA NOT NULL REFERENCES gateways (id) ON DELETE CASCADE,
    pot        TEXT NOT NULL CHECK (pot IN ('token', 'token_period', 'account', 'account_period')),
    owner_id   BIGINT NOT NULL,
    begin_at   BIGINT NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (gateway_id, pot, owner_id, begin_at)
);

CREATE INDEX leases_by_pot ON leases (pot, owner_id);

-- One row for each call. The id begins with the time, so that rows are appended.
CREATE TABLE receipts (
    request_id            BYTEA NOT NULL PRIMARY KEY,
    token_id              BIGINT NOT NULL,
    account_id            BIGINT NOT NULL,
    group_id              BIGINT NOT NULL,
    endpoint              TEXT NOT NULL,
    model                 TEXT,
    upstream_id           BIGINT,
    served_as             TEXT,
    client                TEXT NOT NULL,
    status                BIGINT,
    streamed              BOOLEAN NOT NULL,
    ending                TEXT NOT NULL,
    usage                 TEXT NOT NULL,
    input_tokens          BIGINT NOT NULL,
    output_tokens         BIGINT NOT NULL,
    estimated             BOOLEAN NOT NULL,
    price                 TEXT NOT NULL,
    multiplier_millionths BIGINT NOT NULL,
    cost                  BIGINT NOT NULL,
    uncovered             BIGINT NOT NULL,
    started_at            BIGINT NOT NULL,
    first_byte            BIGINT,
    total                 BIGINT NOT NULL
);

CREATE INDEX receipts_by_token ON receipts (token_id, request_id);

-- Sums of receipts by day, which stay when receipts are pruned. day counts from 1970-01-01 (UTC);
-- old days are summed up under the first day of their month. model is '' and upstream_id -1 where
-- there is none.
CREATE TABLE usage_daily (
    day           BIGINT NOT NULL,
    token_id      BIGINT NOT NULL,
    model         TEXT COLLATE "C" NOT NULL,
    upstream_id   BIGINT NOT NULL,
    group_id      BIGINT NOT NULL,
    account_id    BIGINT NOT NULL,
    creator       TEXT COLLATE "C" NOT NULL,
    requests      BIGINT NOT NULL,
    failed        BIGINT NOT NULL,
    estimated     BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost          BIGINT NOT NULL,
    uncovered     BIGINT NOT NULL,
    PRIMARY KEY (day, token_id, model, upstream_id, group_id, account_id)
);

CREATE INDEX usage_daily_by_token ON usage_daily (token_id, day);
CREATE INDEX usage_daily_by_account ON usage_daily (account_id, day);

-- What operators are told of. The key names the occasion, so that each is told once.
CREATE TABLE alerts (
    id           BIGINT NOT NULL PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,
    at           BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   BIGINT NOT NULL,
    body         TEXT NOT NULL,
    attempts     BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    delivered_at BIGINT
);

CREATE INDEX alerts_due ON alerts (next_at) WHERE delivered_at IS NULL;
