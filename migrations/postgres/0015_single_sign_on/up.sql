-- Sign-ins by OpenID Connect that were finished, so that none is finished twice: the hash of the
-- state, until the state itself is too old.
CREATE TABLE finished_sign_ins (
    hash       BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX finished_sign_ins_by_expires ON finished_sign_ins (expires_at);
