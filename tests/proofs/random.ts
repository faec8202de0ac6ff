/** Seeded random numbers for synthetic worlds: the same seed gives the same worlds on every machine. */
export interface Random {
  readonly uniform: () => number;
  readonly normal: () => number;
  readonly gamma: (shape: number) => number;
  readonly chiSquare: (degreesOfFreedom: number) => number;
  readonly noncentralChiSquare: (degreesOfFreedom: number, noncentrality: number) => number;
}

/** Small fast counting generator (sfc32) with polar normals and Marsaglia-Tsang gammas. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed >>> 0;
  let counter = 1;
  const bits = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 20; i++) bits();
  const uniform = () => (bits() + 0.5) / 4294967296;
  let spare: number | undefined;
  const normal = () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1;
      const y = 2 * uniform() - 1;
      const r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(r)) / r);
      spare = y * scale;
      return x * scale;
    }
  };
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    const scale = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + scale * x) ** 3;
      if (v <= 0) continue;
      if (Math.log(uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const chiSquare = (degreesOfFreedom: number) => 2 * gamma(degreesOfFreedom / 2);
  return {
    uniform,
    normal,
    gamma,
    chiSquare,
    noncentralChiSquare: (degreesOfFreedom, noncentrality) =>
      (normal() + Math.sqrt(noncentrality)) ** 2 + chiSquare(degreesOfFreedom - 1),
  };
}
