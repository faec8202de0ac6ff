/** What was answered first, as it is answered again. */
export interface FirstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** First answers by the caller's Idempotency-Key. `holder` names the call that answers a key. */
export interface IdempotencyRecords {
  /** A call renews its key this often while it is answered. */
  readonly renewMs: number;
  /** Takes the key for a call, or tells what has become of the first one. */
  readonly begin: (
    key: string,
    fingerprint: string,
    holder: string,
  ) => Promise<"first" | "in-progress" | "other-request" | FirstAnswer>;
  /** The call is still being answered. */
  readonly renew: (key: string, holder: string) => Promise<void>;
  readonly finish: (key: string, holder: string, answer: FirstAnswer) => Promise<void>;
  readonly forget: (key: string, holder: string) => Promise<void>;
}
