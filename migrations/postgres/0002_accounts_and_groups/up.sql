-- Lists are JSON arrays of texts: NULL allows anything, `[]` nothing. Times are microseconds.
-- Names are compared byte by byte, as SQLite does.
CREATE TABLE accounts (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    enabled    BOOLEAN NOT NULL,
    models     TEXT,
    providers  TEXT,
    endpoints  TEXT,
    networks   TEXT,
    note       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE groups (
    id                    BIGINT NOT NULL PRIMARY KEY,
    name                  TEXT COLLATE "C" NOT NULL UNIQUE,
    multiplier_millionths BIGINT NOT NULL CHECK (multiplier_millionths >= 0),
    models                TEXT,
    providers             TEXT,
    endpoints             TEXT,
    networks              TEXT,
    note                  TEXT NOT NULL,
    created_at            BIGINT NOT NULL,
    updated_at            BIGINT NOT NULL
);
