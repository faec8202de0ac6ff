import type { TrainingLoop } from "../contestant.ts";

/** What the bench Worker is asked. */
export type Command =
  | { readonly open: string; readonly family: string }
  | { readonly train: string; readonly steps: number };

/** The loops that an `open` left ready; the first is the fused engine's. */
export interface Opened {
  readonly loops: readonly Pick<TrainingLoop, "name" | "firstLosses">[];
  readonly multiplyAdds: number;
  readonly tfjsVersion: string;
}
