/** What the Prefer header asks, as far as this service knows it (RFC 7240). */
export interface Preferences {
  readonly respondAsync: boolean;
  /** Seconds; undefined when not asked, or not readable: preferences are never refused. */
  readonly waitSeconds: number | undefined;
  /** For the Preference-Applied header; empty when there is nothing to say. */
  readonly applied: Readonly<Record<string, string>>;
}

/** The longest wait that is granted; seconds. */
const LONGEST_WAIT_SECONDS = 60;

export function readPreferences(header: string | undefined): Preferences {
  const wishes = (header ?? "").split(",").map((wish) => wish.trim().toLowerCase());
  const respondAsync = wishes.includes("respond-async");
  const wait = wishes
    .map((wish) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(wish)?.[1])
    .find((seconds) => seconds !== undefined);
  const waitSeconds = wait === undefined ? undefined : Math.min(Number(wait), LONGEST_WAIT_SECONDS);
  const granted = [
    ...(respondAsync ? ["respond-async"] : []),
    ...(waitSeconds === undefined ? [] : [`wait=${waitSeconds}`]),
  ];
  const applied: Readonly<Record<string, string>> =
    granted.length === 0 ? {} : { "Preference-Applied": granted.join(", ") };
  return { respondAsync, waitSeconds, applied };
}
