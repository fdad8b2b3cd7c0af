-- Of several credentials the first one that is enabled is kept.
ALTER TABLE groups DROP COLUMN fallbacks;
DROP TABLE upstream_states;
ALTER TABLE upstreams
    DROP COLUMN sticky, DROP COLUMN headers, DROP COLUMN parameters, DROP COLUMN ca,
    DROP COLUMN proxy, DROP COLUMN proxy_sealed, DROP COLUMN allow_private, DROP COLUMN http2,
    DROP COLUMN retry_on,
    ADD COLUMN credential_env TEXT,
    ADD COLUMN credential_sealed BYTEA,
    ADD CHECK (credential_env IS NULL OR credential_sealed IS NULL);
UPDATE upstreams SET credential_env = c.env, credential_sealed = c.sealed
FROM upstream_credentials AS c
WHERE c.id = (
    SELECT id FROM upstream_credentials
    WHERE upstream_id = upstreams.id ORDER BY enabled DESC, id LIMIT 1
);
DROP TABLE upstream_credentials;
