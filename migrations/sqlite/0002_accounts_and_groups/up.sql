-- Lists are JSON arrays of texts: NULL allows anything, `[]` nothing. Times are microseconds.
CREATE TABLE accounts (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    models     TEXT,
    providers  TEXT,
    endpoints  TEXT,
    networks   TEXT,
    note       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE groups (
    id                    INTEGER NOT NULL PRIMARY KEY,
    name                  TEXT NOT NULL UNIQUE,
    multiplier_millionths INTEGER NOT NULL CHECK (multiplier_millionths >= 0),
    models                TEXT,
    providers             TEXT,
    endpoints             TEXT,
    networks              TEXT,
    note                  TEXT NOT NULL,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL
) STRICT;
