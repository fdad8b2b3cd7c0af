-- Price lists are texts such as `input=2.5,output=10`; NULL is unknown.
ALTER TABLE models ADD COLUMN price TEXT;
ALTER TABLE models ADD COLUMN context BIGINT;
ALTER TABLE models ADD COLUMN max_output BIGINT;
ALTER TABLE models ADD COLUMN cap_field TEXT;
ALTER TABLE upstreams ADD COLUMN price TEXT;

-- Prices that apply to a vendor ('' is any), to a group (-1 is any), or to a vendor for a group.
CREATE TABLE model_prices (
    model_id BIGINT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    group_id BIGINT NOT NULL,
    price    TEXT NOT NULL,
    PRIMARY KEY (model_id, provider, group_id)
);
