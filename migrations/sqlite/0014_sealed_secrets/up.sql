-- Secrets that can be copied again, under a key of the operator that is not in the database: key_id
-- says which. A row goes with its secret, and with the revocation of its token.
CREATE TABLE sealed_secrets (
    hash     BLOB NOT NULL PRIMARY KEY REFERENCES secrets (hash) ON DELETE CASCADE,
    token_id INTEGER NOT NULL,
    key_id   TEXT NOT NULL,
    sealed   BLOB NOT NULL
) STRICT;
CREATE INDEX sealed_secrets_by_token ON sealed_secrets (token_id);
