-- An upstream has any number of credentials, and is reached in ways of its own. A column that a
-- check names cannot be dropped, so the table is made anew; what refers to it is put aside first,
-- since it would be deleted with it.
CREATE TABLE old_models AS SELECT * FROM upstream_models;
DROP TABLE upstream_models;
ALTER TABLE upstreams RENAME TO old_upstreams;

-- Headers are a JSON array of pairs, parameters as well with their JSON as text. proxy is its
-- address without user and password, proxy_sealed all of it. retry_on is a list of statuses.
CREATE TABLE upstreams (
    id            INTEGER NOT NULL PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    provider      TEXT NOT NULL,
    dialect       TEXT NOT NULL,
    base_url      TEXT NOT NULL,
    carrier       TEXT NOT NULL,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    priority      INTEGER NOT NULL,
    weight        INTEGER NOT NULL CHECK (weight >= 0),
    mount         TEXT UNIQUE,
    groups        TEXT,
    note          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    price         TEXT,
    sticky        INTEGER NOT NULL CHECK (sticky IN (0, 1)),
    headers       TEXT NOT NULL,
    parameters    TEXT NOT NULL,
    ca            TEXT,
    proxy         TEXT,
    proxy_sealed  BLOB,
    allow_private INTEGER NOT NULL CHECK (allow_private IN (0, 1)),
    http2         TEXT NOT NULL,
    retry_on      TEXT NOT NULL
) STRICT;

-- What is reached on a private network today is reached there tomorrow.
WITH hosts AS (
    SELECT *, substr(rest, 1, instr(rest || '/', '/') - 1) AS authority
    FROM (SELECT *, substr(base_url, instr(base_url, '://') + 3) AS rest FROM old_upstreams)
)
INSERT INTO upstreams
SELECT id, name, provider, dialect, base_url, carrier, enabled, priority, weight, mount, groups,
    note, created_at, updated_at, price, 0, '[]', '[]', NULL, NULL, NULL,
    authority NOT LIKE '%.%'
        OR authority LIKE '0.%' OR authority LIKE '10.%' OR authority LIKE '127.%'
        OR authority LIKE '100.%' OR authority LIKE '169.254.%' OR authority LIKE '172.%'
        OR authority LIKE '192.168.%' OR authority LIKE '198.1_.%' OR authority LIKE '[%'
        OR authority || ':' LIKE '%.internal:%' OR authority || ':' LIKE '%.local:%'
        OR authority || ':' LIKE '%.localhost:%' OR authority || ':' LIKE '%.lan:%',
    'offered', '429,500,502,503,504,529'
FROM hosts;

CREATE TABLE upstream_models (
    upstream_id INTEGER NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    model_id    INTEGER NOT NULL REFERENCES models (id),
    sent_as     TEXT,
    PRIMARY KEY (upstream_id, model_id)
) STRICT;
INSERT INTO upstream_models SELECT upstream_id, model_id, sent_as FROM old_models;
CREATE INDEX upstream_models_by_model ON upstream_models (model_id);
DROP TABLE old_models;

-- A credential is read from the environment, or sealed under the master key.
CREATE TABLE upstream_credentials (
    id          INTEGER NOT NULL PRIMARY KEY,
    upstream_id INTEGER NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    env         TEXT,
    sealed      BLOB,
    enabled     INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    created_at  INTEGER NOT NULL,
    UNIQUE (upstream_id, name),
    CHECK ((env IS NULL) <> (sealed IS NULL))
) STRICT;
INSERT INTO upstream_credentials
SELECT id, id, 'default', credential_env, credential_sealed, 1, created_at
FROM old_upstreams
WHERE credential_env IS NOT NULL OR credential_sealed IS NOT NULL;
DROP TABLE old_upstreams;

-- What each gateway sees of upstreams and credentials that it put aside. credential_id is -1 of the
-- upstream itself, and 0 of calls that carry no credential.
CREATE TABLE upstream_states (
    gateway_id    BLOB NOT NULL,
    upstream_id   INTEGER NOT NULL,
    credential_id INTEGER NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         INTEGER NOT NULL,
    until_at      INTEGER,
    seen_at       INTEGER NOT NULL,
    PRIMARY KEY (gateway_id, upstream_id, credential_id)
) STRICT, WITHOUT ROWID;

-- A JSON object: for a model, those that take its place, in order.
ALTER TABLE groups ADD COLUMN fallbacks TEXT NOT NULL DEFAULT '{}';
