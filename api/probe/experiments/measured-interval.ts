export type MeasuredInterval = {
  readonly value: number;
  readonly interval: { readonly lower: number; readonly upper: number; readonly level: number };
  readonly basis: "measured";
};
