/**
 * Ids inside the stores end with the id of their owner's key, so that what one key stores another cannot name: the same
 * probe or data set of two keys are two things. Without keys the owner is the empty text, and ids are as on the wire.
 */
export type Owner = string;

export const NO_OWNER: Owner = "";

const PROBE_ID_DIGITS = 32;
const DATASET_ID_DIGITS = 64;

/** The id of a key: 16 hex digits. */
export const OWNER_DIGITS = 16;

export const ownedId = (wireId: string, owner: Owner): string => wireId + owner;
export const probeIdOnWire = (ownId: string): string => ownId.slice(0, PROBE_ID_DIGITS);
export const datasetIdOnWire = (ownId: string): string => ownId.slice(0, DATASET_ID_DIGITS);
export const ownerOfProbe = (ownId: string): Owner => ownId.slice(PROBE_ID_DIGITS);
