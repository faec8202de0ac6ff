/** What was answered first, as it is answered again. */
export interface FirstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** First answers by the caller's Idempotency-Key. */
export interface IdempotencyRecords {
  /** Takes the key for a request, or tells what has become of it. */
  readonly begin: (
    key: string,
    fingerprint: string,
  ) => Promise<"first" | "in-progress" | "other-request" | FirstAnswer>;
  readonly finish: (key: string, answer: FirstAnswer) => Promise<void>;
  readonly forget: (key: string) => Promise<void>;
}
