-- Whose the responses are that upstreams keep: a row for each, by token and BLAKE3 of its id. Rows
-- go when they are over, whether or not token and upstream are still there.
CREATE TABLE responses (
    token_id      INTEGER NOT NULL,
    hash          BLOB NOT NULL,
    upstream_id   INTEGER NOT NULL,
    credential_id INTEGER,
    until         INTEGER NOT NULL,
    PRIMARY KEY (token_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX responses_by_end ON responses (until);
