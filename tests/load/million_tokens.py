"""Fills a SQLite store with tokens, what they spent, and sums of 30 days, for measuring the console.

    python3 tests/load/million_tokens.py FROM.db TO.db 1000000

FROM is a store with a few accounts and groups, one token to be copied, and one call: such as the one
of `tollgate-gateway demo --dir`. Gateways must not use TO; the audit log knows nothing of its rows.
"""

import os
import random
import sqlite3
import sys

DAY = 86_400 * 10**6
WORDS = "billing search mobile web batch nightly report crawler agent support sales tests".split()
BATCH = 20_000


def magnitude(used):
    """As crates/store/src/spend.rs has it."""
    shift = max(0, used.bit_length() - 4)
    return shift * 8 + (used >> shift)


def main(source, target, count):
    source, store = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(target)
    source.backup(store)
    for pragma in ("journal_mode = wal", "synchronous = off", "cache_size = -400000"):
        store.execute(f"pragma {pragma}")
    random.seed(7)
    columns = names(store, "tokens")
    base = dict(zip(columns, store.execute("select * from tokens order by id desc").fetchone()))
    accounts = [row[0] for row in store.execute("select id from accounts")]
    groups = [row[0] for row in store.execute("select id from groups")]
    store.execute("begin")
    for begin in range(1, count + 1, BATCH):
        numbers = range(begin, min(begin + BATCH, count + 1))
        rows = [token(base, number, count, accounts, groups) for number in numbers]
        insert(store, "tokens", columns, [[row[name] for name in columns] for row, _ in rows])
        insert(store, "secrets", names(store, "secrets"), [secret(row) for row, _ in rows])
        spent = [(row["id"], used, magnitude(used)) for row, used in rows if used]
        insert(store, "token_spend", ["token_id", "used", "magnitude"], spent)
    insert(store, "usage_daily", names(store, "usage_daily"), days(store))
    store.execute("delete from usage_totals")
    store.execute(f"insert into usage_totals {totals(store)}")
    store.execute("commit")
    store.execute("pragma wal_checkpoint(truncate)")


def totals(store):
    """The sums of days over all tokens."""
    columns = names(store, "usage_totals")
    key, measures = columns[:5], [f"sum({name})" for name in columns[5:]]
    return f"select {','.join(key + measures)} from usage_daily group by {','.join(key)}"


def names(store, table):
    return [row[1] for row in store.execute(f"pragma table_info({table})")]


def insert(store, table, columns, rows):
    places = ",".join("?" * len(columns))
    store.executemany(f"insert or ignore into {table} ({','.join(columns)}) values ({places})", rows)


def token(base, number, count, accounts, groups):
    now, chance = base["created_at"], random.random
    created = now - int((count - number) / count * 700 * DAY)
    used_at = None if chance() < 0.3 else max(created, now - int(chance() ** 3 * 600 * DAY))
    quota = None if chance() < 0.5 else random.randrange(1, 100) * 10**6
    # A few spend much, most spend little.
    used = 0 if used_at is None else min(int(random.lognormvariate(11, 3)), 10**12)
    name = f"{random.choice(WORDS)} {random.choice(WORDS)} {number}"
    creator = f"{random.choice(['ada', 'bob', 'eve', 'trent'])}{random.randrange(40)}"
    row = base | {
        "id": base["id"] + number * 7919,
        "name": name,
        "creator": creator,
        "created_at": created,
        "updated_at": created,
        "last_used_at": used_at,
        "expires_at": None if chance() < 0.6 else now + int((chance() * 400 - 100) * DAY),
        "state": random.choices(["enabled", "disabled", "revoked"], [93, 4, 3])[0],
        "account_id": random.choice(accounts),
        "group_id": random.choice(groups),
        "quota": quota,
        "used_up": int(quota is not None and used >= quota),
    }
    row["search_text"] = "\n".join([name, "", creator, f"tok_{row['id']}"])
    return row, used


def secret(row):
    return (os.urandom(32), "native", row["id"], f"sk-tg-…{row['id'] % 10_000:04}", None, row["created_at"])


def days(store):
    """Ten thousand tokens with a row for each of 30 days."""
    columns = names(store, "usage_daily")
    base = dict(zip(columns, store.execute("select * from usage_daily").fetchone()))
    used = store.execute("select id from tokens order by last_used_at desc limit 10000").fetchall()
    for day in range(base["day"] - 29, base["day"] + 1):
        for (token_id,) in used:
            row = base | {"day": day, "token_id": token_id, "requests": random.randrange(1, 500)}
            row |= {"model": random.choice(["sim-chat", "sim-messages"]), "cost": random.randrange(10**6)}
            yield [row[name] for name in columns]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
