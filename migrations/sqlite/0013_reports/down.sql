DROP TABLE first_bytes_hourly;
DROP TABLE refusals;
DROP TABLE refusals_hourly;
DROP TABLE gateway_reports;
