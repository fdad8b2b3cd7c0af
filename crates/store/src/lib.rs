//! Durable state of Tollgate on SQLite and PostgreSQL.
