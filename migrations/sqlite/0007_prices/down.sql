DROP TABLE model_prices;
ALTER TABLE upstreams DROP COLUMN price;
ALTER TABLE models DROP COLUMN cap_field;
ALTER TABLE models DROP COLUMN max_output;
ALTER TABLE models DROP COLUMN context;
ALTER TABLE models DROP COLUMN price;
