-- The sums of usage_daily over all tokens: reports that name no token read these few.
CREATE TABLE usage_totals (
    day           BIGINT NOT NULL,
    account_id    BIGINT NOT NULL,
    model         TEXT COLLATE "C" NOT NULL,
    upstream_id   BIGINT NOT NULL,
    group_id      BIGINT NOT NULL,
    requests      BIGINT NOT NULL,
    failed        BIGINT NOT NULL,
    estimated     BIGINT NOT NULL,
    input_tokens  BIGINT NOT NULL,
    cached_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    cost          BIGINT NOT NULL,
    uncovered     BIGINT NOT NULL,
    PRIMARY KEY (day, account_id, model, upstream_id, group_id)
);

INSERT INTO usage_totals
SELECT day, account_id, model, upstream_id, group_id,
    CAST(LEAST(SUM(requests), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(failed), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(estimated), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(input_tokens), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(cached_tokens), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(output_tokens), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(cost), 9007199254740992) AS BIGINT),
    CAST(LEAST(SUM(uncovered), 9007199254740992) AS BIGINT)
FROM usage_daily GROUP BY day, account_id, model, upstream_id, group_id;
