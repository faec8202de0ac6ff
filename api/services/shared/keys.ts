/** A key as its owner's administrator sees it. */
export interface KeyRecord {
  /** First digits of the key's SHA-256; names the owner of what is stored. */
  readonly keyId: string;
  readonly name: string;
  readonly createdMs: number;
  /** 0 while it is in use. */
  readonly revokedMs: number;
}

/** Who may call. */
export interface Keys {
  /** Whether any key was ever made: from then on calls need one. */
  readonly required: () => Promise<boolean>;
  /** The id of a key in use; undefined for anything else. */
  readonly ownerOf: (key: string) => Promise<string | undefined>;
}
