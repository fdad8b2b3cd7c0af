-- Whose the responses are that upstreams keep: a row for each, by token and BLAKE3 of its id. Rows
-- go when they are over, whether or not token and upstream are still there.
CREATE TABLE responses (
    token_id      BIGINT NOT NULL,
    hash          BYTEA NOT NULL,
    upstream_id   BIGINT NOT NULL,
    credential_id BIGINT,
    until         BIGINT NOT NULL,
    PRIMARY KEY (token_id, hash)
);

CREATE INDEX responses_by_end ON responses (until);
