-- What each gateway said of itself last. Rows go when it ends in order, or long after it fell silent.
CREATE TABLE gateway_reports (
    gateway_id BLOB NOT NULL PRIMARY KEY,
    host       TEXT NOT NULL,
    address    TEXT NOT NULL,
    version    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    open_calls INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often calls were refused, by the hour in UTC since 1970. account_id is -1 where the caller is
-- not known.
CREATE TABLE refusals_hourly (
    hour       INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    code       TEXT NOT NULL,
    calls      INTEGER NOT NULL,
    PRIMARY KEY (hour, account_id, code)
) STRICT, WITHOUT ROWID;

-- The last refused calls of each token. The id begins with the time.
CREATE TABLE refusals (
    request_id BLOB NOT NULL PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    code       TEXT NOT NULL,
    reasons    TEXT NOT NULL,
    endpoint   TEXT,
    model      TEXT,
    client     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX refusals_by_token ON refusals (token_id, request_id);

-- How many first bytes came within so many microseconds, but not within the next lower number, by the
-- hour; within is -1 for all that took longer.
CREATE TABLE first_bytes_hourly (
    hour   INTEGER NOT NULL,
    within INTEGER NOT NULL,
    calls  INTEGER NOT NULL,
    PRIMARY KEY (hour, within)
) STRICT, WITHOUT ROWID;
