DROP TABLE alerts;
DROP TABLE usage_daily;
DROP TABLE receipts;
DROP TABLE leases;
DROP TABLE gateways;
DROP TABLE credits;
