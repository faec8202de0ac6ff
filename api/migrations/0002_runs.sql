-- Each run of a probe has an object of its own, named by the probe and the number of the run: what is deleted is never
-- used again. Results of earlier builds, whose objects had the probe's name alone, are not carried over.
DELETE FROM probes;
ALTER TABLE probes ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
-- When the sweep last asked the object.
ALTER TABLE probes ADD COLUMN checkedMs INTEGER NOT NULL DEFAULT 0;
CREATE INDEX probesByCheck ON probes (checkedMs, probeId);

-- Each upload writes bytes of its own, so that a deletion cannot take those of a later upload of the same content.
CREATE TABLE uploads (
  blob TEXT PRIMARY KEY,
  datasetId TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  createdMs INTEGER NOT NULL,
  isStored INTEGER NOT NULL
);
INSERT INTO uploads SELECT datasetId, datasetId, kind, name, bytes, rows, columns, createdMs, isStored FROM datasets;
DROP TABLE datasets;
ALTER TABLE uploads RENAME TO datasets;
CREATE UNIQUE INDEX datasetsStored ON datasets (datasetId) WHERE isStored = 1;
CREATE INDEX datasetsByAge ON datasets (createdMs DESC, datasetId DESC);

-- `holder` is the call that answers the key; it renews `aliveMs` while it works.
ALTER TABLE idempotency ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN aliveMs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE idempotency ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
DROP INDEX idempotencyByAge;
CREATE INDEX idempotencyByAge ON idempotency (startedMs, bytes);
