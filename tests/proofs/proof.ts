/** What a figure must keep to; an absent end is free. */
export interface Limits {
  readonly least?: number;
  readonly most?: number;
}

/** One figure of a proof; without limits it is only reported. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly limits?: Limits;
}

/** Figures of a proof, by name, and the limits that the specification sets to some of them. */
export interface ProofResult {
  readonly id: string;
  readonly specification: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, Limits>>;
  readonly passed: boolean;
}

/** A claim about the engine that takes many repeats to show. */
export interface Proof {
  readonly id: string;
  /** What is drawn, how often, and what must hold. */
  readonly specification: string;
  /** The module that proves it; what it imports is what the figures depend on. */
  readonly module: string;
  /** Files and folders that the figures depend on besides, such as the sources of the kernels. */
  readonly sources?: readonly string[];
  /** @param share - of the repeats, 1 or less; limits are widened by what fewer repeats scatter. */
  readonly figuresOf: (share: number) => readonly Figure[] | Promise<readonly Figure[]>;
}

/** Runs a proof with a share of its repeats. */
export async function prove(
  { id, specification, figuresOf }: Proof,
  share: number,
): Promise<ProofResult> {
  const figures: Record<string, number> = {};
  const limits: Record<string, Limits> = {};
  for (const figure of await figuresOf(share)) {
    if (figure.name in figures) throw new Error(`${id} has two figures ${figure.name}`);
    figures[figure.name] = round(figure.value);
    if (figure.limits !== undefined) limits[figure.name] = figure.limits;
  }
  const passed = outsideLimits({ figures, limits }).length === 0;
  return { id, specification, figures, limits, passed };
}

/** Names of the figures that do not keep to their limits; one that is not a number never does. */
export function outsideLimits(result: Pick<ProofResult, "figures" | "limits">): string[] {
  return Object.entries(result.limits).flatMap(([name, { least, most }]) => {
    const value = result.figures[name];
    const keeps =
      value !== undefined &&
      value >= (least ?? Number.NEGATIVE_INFINITY) &&
      value <= (most ?? Number.POSITIVE_INFINITY);
    return keeps ? [] : [name];
  });
}

// Sd of a normal quantity beyond which one in a thousand falls, two-sided.
const RARE = 3.3;

/** What fewer repeats may add to either side of a fraction's limits; none for the whole proof. */
export function allowance(fraction: number, count: number, share: number): number {
  return share === 1 ? 0 : RARE * Math.sqrt((fraction * (1 - fraction)) / Math.max(1, count));
}

function round(value: number): number {
  return Math.abs(value) < 0.001 ? Number(value.toPrecision(2)) : Number(value.toFixed(5));
}
