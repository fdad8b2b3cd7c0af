-- Of several credentials the first one that is enabled is kept.
ALTER TABLE groups DROP COLUMN fallbacks;
DROP TABLE upstream_states;
CREATE TABLE old_models AS SELECT * FROM upstream_models;
CREATE TABLE old_credentials AS SELECT * FROM upstream_credentials;
DROP TABLE upstream_models;
DROP TABLE upstream_credentials;
ALTER TABLE upstreams RENAME TO old_upstreams;

CREATE TABLE upstreams (
    id                INTEGER NOT NULL PRIMARY KEY,
    name              TEXT NOT NULL UNIQUE,
    provider          TEXT NOT NULL,
    dialect           TEXT NOT NULL,
    base_url          TEXT NOT NULL,
    carrier           TEXT NOT NULL,
    credential_env    TEXT,
    credential_sealed BLOB,
    enabled           INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    priority          INTEGER NOT NULL,
    weight            INTEGER NOT NULL CHECK (weight >= 0),
    mount             TEXT UNIQUE,
    groups            TEXT,
    note              TEXT NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    price             TEXT,
    CHECK (credential_env IS NULL OR credential_sealed IS NULL)
) STRICT;
INSERT INTO upstreams
SELECT u.id, u.name, u.provider, u.dialect, u.base_url, u.carrier, c.env, c.sealed, u.enabled,
    u.priority, u.weight, u.mount, u.groups, u.note, u.created_at, u.updated_at, u.price
FROM old_upstreams AS u
LEFT JOIN old_credentials AS c ON c.id = (
    SELECT id FROM old_credentials
    WHERE upstream_id = u.id ORDER BY enabled DESC, id LIMIT 1
);

CREATE TABLE upstream_models (
    upstream_id INTEGER NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    model_id    INTEGER NOT NULL REFERENCES models (id),
    sent_as     TEXT,
    PRIMARY KEY (upstream_id, model_id)
) STRICT;
INSERT INTO upstream_models SELECT upstream_id, model_id, sent_as FROM old_models;
CREATE INDEX upstream_models_by_model ON upstream_models (model_id);
DROP TABLE old_models;
DROP TABLE old_credentials;
DROP TABLE old_upstreams;
