-- What can be listed. The truth about a job is in its own storage; a row here follows it.
CREATE TABLE probes (
  probeId TEXT PRIMARY KEY,
  experiment TEXT NOT NULL,
  status TEXT NOT NULL,
  createdMs INTEGER NOT NULL,
  endedMs INTEGER NOT NULL,
  expectedFlops REAL NOT NULL,
  doneFlops REAL NOT NULL
);
CREATE INDEX probesByAge ON probes (createdMs DESC, probeId DESC);
CREATE INDEX probesByStatus ON probes (status);

-- The bytes are in the bucket under the same id; a row that is not stored yet only holds their place in the quota.
CREATE TABLE datasets (
  datasetId TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  createdMs INTEGER NOT NULL,
  isStored INTEGER NOT NULL
);
CREATE INDEX datasetsByAge ON datasets (createdMs DESC, datasetId DESC);

-- First answers by Idempotency-Key; status 0 while the first call is under way.
CREATE TABLE idempotency (
  key TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  startedMs INTEGER NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX idempotencyByAge ON idempotency (startedMs);
