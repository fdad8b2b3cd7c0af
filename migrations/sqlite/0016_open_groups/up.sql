-- Whether members of an account may choose the group for tokens of their own.
ALTER TABLE groups ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
