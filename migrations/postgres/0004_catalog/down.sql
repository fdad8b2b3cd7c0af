DROP TABLE upstream_models;
DROP TABLE upstreams;
DROP TABLE models;
