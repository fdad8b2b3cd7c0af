-- What gateways count, apart from what operators say: it changes with every call. A row comes with
-- the first use, so that a call costs the same however many tokens there are. Without one, nothing
-- was used. The magnitude is what was used, on a logarithmic scale with eight steps from each power
-- of two to the next: tokens are sorted by it first, because an index of it changes seldom.
CREATE TABLE token_spend (
    token_id     INTEGER NOT NULL PRIMARY KEY REFERENCES tokens (id) ON DELETE CASCADE,
    used         INTEGER NOT NULL DEFAULT 0,
    held         INTEGER NOT NULL DEFAULT 0,
    period_begin INTEGER,
    period_end   INTEGER,
    period_used  INTEGER NOT NULL DEFAULT 0,
    period_held  INTEGER NOT NULL DEFAULT 0,
    magnitude    INTEGER NOT NULL DEFAULT 0
) STRICT;

WITH RECURSIVE powers (shift, low) AS (
    SELECT 0, CAST(8 AS BIGINT) UNION ALL SELECT shift + 1, low * 2 FROM powers WHERE shift < 59
)
INSERT INTO token_spend
SELECT id, used, held, period_begin, period_end, period_used, period_held, CASE
    WHEN used < 0 THEN 0
    WHEN used < 8 THEN used
    ELSE (
        SELECT shift * 8 + (used >> shift) FROM powers WHERE low <= used ORDER BY low DESC LIMIT 1
    )
END
FROM tokens
WHERE used <> 0 OR held <> 0 OR period_begin IS NOT NULL OR last_used_at IS NOT NULL;

CREATE INDEX token_spend_by_magnitude ON token_spend (magnitude);

CREATE TABLE account_spend (
    account_id   INTEGER NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    used         INTEGER NOT NULL DEFAULT 0,
    held         INTEGER NOT NULL DEFAULT 0,
    period_begin INTEGER,
    period_end   INTEGER,
    period_used  INTEGER NOT NULL DEFAULT 0,
    period_held  INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO account_spend
SELECT id, used, held, period_begin, period_end, period_used, period_held FROM accounts;

-- Whether a limit was used up when the counts were last written, also if its period has ended.
ALTER TABLE tokens ADD COLUMN used_up INTEGER NOT NULL DEFAULT 0 CHECK (used_up IN (0, 1));
UPDATE tokens SET used_up = 1
WHERE (quota IS NOT NULL AND used >= quota)
    OR (period_limit IS NOT NULL AND period_used >= period_limit);
DROP INDEX tokens_exhausted;
CREATE INDEX tokens_exhausted ON tokens (created_at, id) WHERE used_up;
DROP INDEX tokens_by_used;

ALTER TABLE tokens DROP COLUMN used;
ALTER TABLE tokens DROP COLUMN held;
ALTER TABLE tokens DROP COLUMN period_begin;
ALTER TABLE tokens DROP COLUMN period_end;
ALTER TABLE tokens DROP COLUMN period_used;
ALTER TABLE tokens DROP COLUMN period_held;
ALTER TABLE accounts DROP COLUMN used;
ALTER TABLE accounts DROP COLUMN held;
ALTER TABLE accounts DROP COLUMN period_begin;
ALTER TABLE accounts DROP COLUMN period_end;
ALTER TABLE accounts DROP COLUMN period_used;
ALTER TABLE accounts DROP COLUMN period_held;
