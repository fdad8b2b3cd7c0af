-- Finds any text of three characters and more.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX token_search ON tokens USING gin (search_text gin_trgm_ops);
