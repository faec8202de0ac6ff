/** A number of the plan and the sd of its logarithm: 0 when the caller gave it. */
export interface SettledNumber {
  readonly value: number;
  readonly sdLog: number;
}
