CREATE TABLE models (
    id         INTEGER NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    provider   TEXT NOT NULL,
    enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    note       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- An upstream's credential is read from the environment, or sealed under the master key.
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
    CHECK (credential_env IS NULL OR credential_sealed IS NULL)
) STRICT;

CREATE TABLE upstream_models (
    upstream_id INTEGER NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    model_id    INTEGER NOT NULL REFERENCES models (id),
    sent_as     TEXT,
    PRIMARY KEY (upstream_id, model_id)
) STRICT;

CREATE INDEX upstream_models_by_model ON upstream_models (model_id);
