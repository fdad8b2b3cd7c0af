DROP TABLE usage_totals;
DROP INDEX tokens_sifted;

DROP TRIGGER token_search_insert;
DROP TRIGGER token_search_delete;
DROP TRIGGER token_search_update;
DROP TABLE token_search_grams;
DROP TABLE token_search;
DROP VIEW token_search_text;

CREATE VIRTUAL TABLE token_search USING fts5 (
    search_text,
    content = 'tokens',
    content_rowid = 'id',
    tokenize = 'trigram case_sensitive 1'
);

INSERT INTO token_search (token_search) VALUES ('rebuild');

CREATE TRIGGER token_search_insert AFTER INSERT ON tokens BEGIN
    INSERT INTO token_search (rowid, search_text) VALUES (new.id, new.search_text);
END;

CREATE TRIGGER token_search_delete AFTER DELETE ON tokens BEGIN
    INSERT INTO token_search (token_search, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
END;

CREATE TRIGGER token_search_update AFTER UPDATE OF search_text ON tokens
WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO token_search (token_search, rowid, search_text)
    VALUES ('delete', old.id, old.search_text);
    INSERT INTO token_search (rowid, search_text) VALUES (new.id, new.search_text);
END;
