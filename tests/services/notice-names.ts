import type { Assumption, Warning } from "../../schemas/common.ts";

/** What an answer or a plan says beside its numbers: codes of warnings, fields of assumptions. */
export function noticeNames(said: {
  readonly assumptions?: readonly Assumption[];
  readonly warnings?: readonly Warning[];
  readonly notices?: readonly (Assumption | Warning)[];
}): readonly string[] {
  const { assumptions = [], warnings = [], notices = [] } = said;
  return [...assumptions, ...warnings, ...notices].map((one) =>
    "field" in one ? one.field : one.code,
  );
}
