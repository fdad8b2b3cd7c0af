-- Money is in micro-credits. search_text is the lower-case text that keywords are looked for in.
CREATE TABLE tokens (
    id           INTEGER NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL,
    account_id   INTEGER NOT NULL REFERENCES accounts (id),
    group_id     INTEGER NOT NULL REFERENCES groups (id),
    state        TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'revoked')),
    expires_at   INTEGER,
    quota        INTEGER,
    used         INTEGER NOT NULL DEFAULT 0,
    models       TEXT,
    providers    TEXT,
    endpoints    TEXT,
    networks     TEXT,
    creator      TEXT NOT NULL,
    note         TEXT NOT NULL,
    search_text  TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    version      INTEGER NOT NULL
) STRICT;

-- One index for each order of the list. A token that was never used sorts as the least recently
-- used, one that never expires as the last to expire; the expressions stand in token/sort.rs too.
CREATE INDEX tokens_by_created ON tokens (created_at, id);
CREATE INDEX tokens_by_name ON tokens (name, id);
CREATE INDEX tokens_by_last_used ON tokens (COALESCE(last_used_at, -1), id);
CREATE INDEX tokens_by_expires ON tokens (COALESCE(expires_at, 9223372036854775807), id);
CREATE INDEX tokens_by_used ON tokens (used, id);

-- One index for each filter by equality, in the order of the default list.
CREATE INDEX tokens_by_account ON tokens (account_id, created_at, id);
CREATE INDEX tokens_by_group ON tokens (group_id, created_at, id);
CREATE INDEX tokens_by_creator ON tokens (creator, created_at, id);
CREATE INDEX tokens_by_state ON tokens (state, created_at, id);
CREATE INDEX tokens_exhausted ON tokens (created_at, id) WHERE quota IS NOT NULL AND used >= quota;

CREATE TABLE secrets (
    hash        BLOB NOT NULL PRIMARY KEY,
    scheme      TEXT NOT NULL CHECK (scheme IN ('native', 'foreign')),
    token_id    INTEGER NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    hint        TEXT NOT NULL,
    valid_until INTEGER,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX secrets_by_token ON secrets (token_id);
