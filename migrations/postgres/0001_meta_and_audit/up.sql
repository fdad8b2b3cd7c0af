-- Facts about the database itself: the head of the audit chain, and a check of the master key.
CREATE TABLE meta (
    key   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Each row's hash covers its fields and the hash of the row before it.
CREATE TABLE audit (
    seq          BIGINT NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    origin       TEXT NOT NULL,
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id   BIGINT NOT NULL,
    before       TEXT,
    after        TEXT,
    previous     BYTEA NOT NULL,
    hash         BYTEA NOT NULL
);

CREATE INDEX audit_by_subject ON audit (subject_kind, subject_id, seq);

-- The sequence number and the hash of the last row: a chain that was cut off at its end shows.
INSERT INTO meta (key, value)
VALUES ('audit.head', '0 0000000000000000000000000000000000000000000000000000000000000000');
