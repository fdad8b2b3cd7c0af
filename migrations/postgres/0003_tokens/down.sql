DROP TABLE secrets;
DROP TABLE tokens;
