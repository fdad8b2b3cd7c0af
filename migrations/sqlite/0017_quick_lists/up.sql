-- The sums of usage_daily over all tokens: reports that name no token read these few.
CREATE TABLE usage_totals (
    day           INTEGER NOT NULL,
    account_id    INTEGER NOT NULL,
    model         TEXT NOT NULL,
    upstream_id   INTEGER NOT NULL,
    group_id      INTEGER NOT NULL,
    requests      INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    estimated     INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    uncovered     INTEGER NOT NULL,
    PRIMARY KEY (day, account_id, model, upstream_id, group_id)
) STRICT, WITHOUT ROWID;

INSERT INTO usage_totals
SELECT day, account_id, model, upstream_id, group_id,
    CAST(MIN(TOTAL(requests), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(failed), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(estimated), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(input_tokens), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(cached_tokens), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(output_tokens), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(cost), 9007199254740992) AS INTEGER),
    CAST(MIN(TOTAL(uncovered), 9007199254740992) AS INTEGER)
FROM usage_daily GROUP BY day, account_id, model, upstream_id, group_id;

-- What tokens are filtered and sorted by, and nothing else, for lists that no other index is made
-- for: all of it is read then, which is a tenth of the table.
CREATE INDEX tokens_sifted ON tokens (
    id, state, group_id, account_id, creator, expires_at, last_used_at, created_at, used_up, name
);

-- The index of trigrams is told of two more characters after each text: so each character of it,
-- and each two of them, begin a trigram, and are found by it. Its terms are read by
-- token_search_grams.
DROP TRIGGER token_search_insert;
DROP TRIGGER token_search_delete;
DROP TRIGGER token_search_update;
DROP TABLE token_search;

CREATE VIEW token_search_text AS
SELECT id, search_text || char(10, 10) AS search_text FROM tokens;

CREATE VIRTUAL TABLE token_search USING fts5 (
    search_text,
    content = 'token_search_text',
    content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1'
);

INSERT INTO token_search (token_search) VALUES ('rebuild');

CREATE VIRTUAL TABLE token_search_grams USING fts5vocab (token_search, instance);

CREATE TRIGGER token_search_insert AFTER INSERT ON tokens BEGIN
    INSERT INTO token_search (rowid, search_text)
    VALUES (new.id, new.search_text || char(10, 10));
END;

CREATE TRIGGER token_search_delete AFTER DELETE ON tokens BEGIN
    INSERT INTO token_search (token_search, rowid, search_text)
    VALUES ('delete', old.id, old.search_text || char(10, 10));
END;

CREATE TRIGGER token_search_update AFTER UPDATE OF search_text ON tokens
WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO token_search (token_search, rowid, search_text)
    VALUES ('delete', old.id, old.search_text || char(10, 10));
    INSERT INTO token_search (rowid, search_text)
    VALUES (new.id, new.search_text || char(10, 10));
END;
