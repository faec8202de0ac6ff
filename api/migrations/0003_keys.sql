-- Keys of callers. Only the SHA-256 of a key is stored.
CREATE TABLE apiKeys (
  keyId TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  createdMs INTEGER NOT NULL,
  revokedMs INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX apiKeysByName ON apiKeys (name) WHERE revokedMs = 0;

-- Inside the stores an id ends with its owner's: 32 digits name a probe, 64 a data set.
ALTER TABLE probes ADD COLUMN owner TEXT GENERATED ALWAYS AS (substr(probeId, 33)) VIRTUAL;
CREATE INDEX probesOfOwner ON probes (owner, createdMs DESC, probeId DESC);
ALTER TABLE datasets ADD COLUMN owner TEXT GENERATED ALWAYS AS (substr(datasetId, 65)) VIRTUAL;
CREATE INDEX datasetsOfOwner ON datasets (owner, createdMs DESC, datasetId DESC);
