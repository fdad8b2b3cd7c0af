-- An upstream has any number of credentials, each read from the environment, or sealed under the
-- master key.
CREATE TABLE upstream_credentials (
    id          BIGINT NOT NULL PRIMARY KEY,
    upstream_id BIGINT NOT NULL REFERENCES upstreams (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    env         TEXT,
    sealed      BYTEA,
    enabled     BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (upstream_id, name),
    CHECK ((env IS NULL) <> (sealed IS NULL))
);
INSERT INTO upstream_credentials
SELECT id, id, 'default', credential_env, credential_sealed, TRUE, created_at
FROM upstreams
WHERE credential_env IS NOT NULL OR credential_sealed IS NOT NULL;
ALTER TABLE upstreams DROP COLUMN credential_env, DROP COLUMN credential_sealed;

-- Headers are a JSON array of pairs, parameters as well with their JSON as text. proxy is its
-- address without user and password, proxy_sealed all of it. retry_on is a list of statuses.
ALTER TABLE upstreams
    ADD COLUMN sticky BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN headers TEXT NOT NULL DEFAULT '[]',
    ADD COLUMN parameters TEXT NOT NULL DEFAULT '[]',
    ADD COLUMN ca TEXT,
    ADD COLUMN proxy TEXT,
    ADD COLUMN proxy_sealed BYTEA,
    ADD COLUMN allow_private BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN http2 TEXT NOT NULL DEFAULT 'offered',
    ADD COLUMN retry_on TEXT NOT NULL DEFAULT '429,500,502,503,504,529';

-- What is reached on a private network today is reached there tomorrow.
UPDATE upstreams SET allow_private = TRUE
WHERE split_part(split_part(base_url, '://', 2), '/', 1)
    ~ '^([^.]*|(0|10|127|100|172|169\.254|192\.168|198\.1.)\..*|\[.*|.*\.(internal|local|localhost|lan)(:.*)?)$';

-- What each gateway sees of upstreams and credentials that it put aside. credential_id is -1 of the
-- upstream itself, and 0 of calls that carry no credential.
CREATE TABLE upstream_states (
    gateway_id    BYTEA NOT NULL,
    upstream_id   BIGINT NOT NULL,
    credential_id BIGINT NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    until_at      BIGINT,
    seen_at       BIGINT NOT NULL,
    PRIMARY KEY (gateway_id, upstream_id, credential_id)
);

-- A JSON object: for a model, those that take its place, in order.
ALTER TABLE groups ADD COLUMN fallbacks TEXT NOT NULL DEFAULT '{}';
