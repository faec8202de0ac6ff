/** The probes that the documented examples and the samples name, by how they stand. */
export const SEEDED = {
  succeeded: "3f2a9c00b1d84e6f9a7c5d2e1f003344",
  queued: "00000000000000000000000000000001",
  cancelled: "00000000000000000000000000000002",
  failed: "00000000000000000000000000000003",
} as const;

export const SEEDED_DATASET_ID = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
/** What has this id, the documented example. */
export const SEEDED_DATASET = new TextEncoder().encode("test");
