CREATE TABLE models (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    provider   TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    note       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- An upstream's credential is read from the environment, or sealed under the master key.
CREATE TABLE upstreams (
    id                BIGINT NOT NULL PRIMARY KEY,
    name              TEXT COLLATE "C" NOT NULL UNIQUE,
    provider          TEXT NOT NULL,
    dialect           TEXT NOT NULL,
    base_url          TEXT NOT NULL,
    carrier           TEXT NOT NULL,
    credential_env    TEXT,
    credential_sealed BYTEA,
    enabled           BOOLEAN NOT NULL,
    priority          BIGINT NOT NULL,
    weight            BIGINT NOT NULL CHECK (weight >= 0),
    mount             TEXT UNIQUE,
    groups            TEXT,
    note              TEXT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    CHECK (credential_env IS NULL OR credential_sealed IS NULL)
);

CREATE TABLE upstream_models (
    upstream_id BIGINT NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    model_id    BIGINT NOT NULL REFERENCES models (id),
    sent_as     TEXT,
    PRIMARY KEY (upstream_id, model_id)
);

CREATE INDEX upstream_models_by_model ON upstream_models (model_id);
