DROP TABLE groups;
DROP TABLE accounts;
