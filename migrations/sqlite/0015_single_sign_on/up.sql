-- Sign-ins by OpenID Connect that were finished, so that none is finished twice: the hash of the
-- state, until the state itself is too old.
CREATE TABLE finished_sign_ins (
    hash       BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX finished_sign_ins_by_expires ON finished_sign_ins (expires_at);
