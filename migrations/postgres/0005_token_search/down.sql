-- The extension stays: others may use it.
DROP INDEX token_search;
