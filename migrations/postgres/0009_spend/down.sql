ALTER TABLE tokens ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN period_begin BIGINT;
ALTER TABLE tokens ADD COLUMN period_end BIGINT;
ALTER TABLE tokens ADD COLUMN period_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN period_held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN period_begin BIGINT;
ALTER TABLE accounts ADD COLUMN period_end BIGINT;
ALTER TABLE accounts ADD COLUMN period_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN period_held BIGINT NOT NULL DEFAULT 0;

UPDATE tokens SET used = s.used, held = s.held, period_begin = s.period_begin,
    period_end = s.period_end, period_used = s.period_used, period_held = s.period_held
FROM token_spend AS s WHERE s.token_id = tokens.id;
UPDATE accounts SET used = s.used, held = s.held, period_begin = s.period_begin,
    period_end = s.period_end, period_used = s.period_used, period_held = s.period_held
FROM account_spend AS s WHERE s.account_id = accounts.id;

DROP INDEX tokens_exhausted;
CREATE INDEX tokens_exhausted ON tokens (created_at, id)
WHERE (quota IS NOT NULL AND used >= quota)
    OR (period_limit IS NOT NULL AND period_used >= period_limit);
CREATE INDEX tokens_by_used ON tokens (used, id);
ALTER TABLE tokens DROP COLUMN used_up;
DROP TABLE token_spend;
DROP TABLE account_spend;
