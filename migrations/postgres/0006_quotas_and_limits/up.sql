-- What is limited, what was used of it, and what gateways have leased of it (held): micro-credits.
-- The period_* counts are of the period from period_begin to period_end; later ones begin at 0.
-- An account without credited spends without a limit, as all did before.
ALTER TABLE tokens ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN period_limit BIGINT;
ALTER TABLE tokens ADD COLUMN period_unit TEXT;
ALTER TABLE tokens ADD COLUMN period_zone TEXT;
ALTER TABLE tokens ADD COLUMN period_begin BIGINT;
ALTER TABLE tokens ADD COLUMN period_end BIGINT;
ALTER TABLE tokens ADD COLUMN period_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN period_held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN rpm BIGINT;
ALTER TABLE tokens ADD COLUMN tpm BIGINT;
ALTER TABLE tokens ADD COLUMN concurrency BIGINT;

ALTER TABLE accounts ADD COLUMN credited BIGINT;
ALTER TABLE accounts ADD COLUMN credit_line BIGINT NOT NULL DEFAULT 0 CHECK (credit_line >= 0);
ALTER TABLE accounts ADD COLUMN used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN period_limit BIGINT;
ALTER TABLE accounts ADD COLUMN period_unit TEXT;
ALTER TABLE accounts ADD COLUMN period_zone TEXT;
ALTER TABLE accounts ADD COLUMN period_begin BIGINT;
ALTER TABLE accounts ADD COLUMN period_end BIGINT;
ALTER TABLE accounts ADD COLUMN period_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN period_held BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN rpm BIGINT;
ALTER TABLE accounts ADD COLUMN tpm BIGINT;
ALTER TABLE accounts ADD COLUMN concurrency BIGINT;

ALTER TABLE groups ADD COLUMN rpm BIGINT;
ALTER TABLE groups ADD COLUMN tpm BIGINT;
ALTER TABLE groups ADD COLUMN concurrency BIGINT;
ALTER TABLE groups ADD COLUMN shared BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE groups ADD COLUMN enforcement TEXT NOT NULL DEFAULT 'strict' CHECK (enforcement IN ('strict', 'refuse', 'lenient'));
ALTER TABLE groups ADD COLUMN on_leave TEXT NOT NULL DEFAULT 'cancel';

DROP INDEX tokens_exhausted;
CREATE INDEX tokens_exhausted ON tokens (created_at, id)
WHERE (quota IS NOT NULL AND used >= quota)
    OR (period_limit IS NOT NULL AND period_used >= period_limit);
