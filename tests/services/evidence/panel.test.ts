import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { totalFromNonEmbeddingParams } from "../../../api/numerics/laws/params-conversion.ts";
import { askPanel } from "../../../api/services/evidence/panel.ts";
import {
  BATCH_PANEL,
  CRITICAL_BATCH_PANEL,
  LEARNING_RATE_PANEL,
  type PanelPoint,
} from "../../../api/services/evidence/panel-specs.ts";
import { halfWidthLog } from "../../../api/services/shared/estimates.ts";
import { logUniform } from "../recommend/requests.ts";

const PANELS = [
  { name: "optimal batch", spec: BATCH_PANEL },
  { name: "critical batch", spec: CRITICAL_BATCH_PANEL },
  { name: "learning rate", spec: LEARNING_RATE_PANEL },
];

// Geometric means of the sweep's range in N (2.1e8 to 1.07e9) and in D (4e9 to 1e11).
const CENTRE = { params: 4.7e8, tokens: 2e10 };

const dense = (nonEmbeddingParams: number, trainingTokens: number): PanelPoint => ({
  nonEmbeddingParams,
  computeParams: totalFromNonEmbeddingParams(nonEmbeddingParams),
  trainingTokens,
});

/** Where an interval of 80 % lies in ln. */
const ends = (spec: (typeof PANELS)[number]["spec"], point: PanelPoint) => {
  const answer = askPanel(spec, point, 0);
  const half = halfWidthLog(answer, 0.8);
  return [answer.lnValue, answer.lnValue - half, answer.lnValue + half];
};

/** Edges of refusal, of the fade over the factor of ten before it, and of fitted boxes. */
const EDGES = {
  params: [1e9, 1e10, 2.1e8, 1.07e9, 1.08e9, 1.5e9, 8.5e7, 1.2e9, 7.6e8, 2.7e9],
  tokens: [5e8, 5e9, 2e9, 4e9, 1e11, 2.2e9, 1.4e11, 2.5e9, 3e11, 2.5e10, 8e11, 2.4e10],
  flops: [1e21, 1e22, 2e19, 2.1e19, 3.5e20, 1e17],
};

const anyParams = fc.oneof(fc.constantFrom(...EDGES.params), logUniform(1e3, 1e15));
const anyTokens = fc.oneof(fc.constantFrom(...EDGES.tokens), logUniform(1e3, 1e17));

describe.each(PANELS)("the panel of the $name", ({ spec }) => {
  it("moves by less than 1e-3 in ln, ends of the interval too, when N or D moves by 1e-6", () => {
    const smooth = (from: PanelPoint, to: PanelPoint) => {
      const before = ends(spec, from);
      for (const [i, end] of ends(spec, to).entries()) {
        expect(Math.abs(end - (before[i] ?? Number.NaN))).toBeLessThan(1e-3);
      }
    };
    fc.assert(
      fc.property(anyParams, anyTokens, (params, tokens) => {
        for (const step of [1e-6, -1e-6]) {
          smooth(dense(params, tokens), dense(params * (1 + step), tokens));
          smooth(dense(params, tokens), dense(params, tokens * (1 + step)));
        }
      }),
      { seed: 41, numRuns: 400 },
    );
  });

  it("moves as smoothly across every edge of training compute", () => {
    fc.assert(
      fc.property(fc.constantFrom(...EDGES.flops), logUniform(1e7, 1e12), (flops, params) => {
        const { computeParams } = dense(params, 1);
        const at = (c: number) => ends(spec, dense(params, c / (6 * computeParams)));
        const [below, above] = [at(flops * (1 - 1e-6)), at(flops * (1 + 1e-6))];
        for (const [i, end] of below.entries()) {
          expect(Math.abs(end - (above[i] ?? Number.NaN))).toBeLessThan(1e-3);
        }
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  it("moves as smoothly when tokens meet other parameters than the usual embeddings make", () => {
    fc.assert(
      fc.property(anyParams, anyTokens, logUniform(0.3, 30), (params, tokens, ratio) => {
        const at = (d: number) => {
          const point = dense(params, d);
          return ends(spec, { ...point, computeParams: point.computeParams * ratio });
        };
        const [before, after] = [at(tokens), at(tokens * (1 + 1e-6))];
        for (const [i, end] of before.entries()) {
          expect(Math.abs(end - (after[i] ?? Number.NaN))).toBeLessThan(1e-3);
        }
      }),
      { seed: 43, numRuns: 300 },
    );
  });

  it("disagrees no less the farther a run lies from the sweep's centre, on any straight way", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }), (angle) => {
        let before = 0;
        for (let distance = 0; distance < 12.5; distance += 0.17) {
          const point = dense(
            CENTRE.params * Math.exp(distance * Math.cos(angle)),
            CENTRE.tokens * Math.exp(distance * Math.sin(angle)),
          );
          const { tauLog } = askPanel(spec, point, 0);
          expect(tauLog).toBeGreaterThanOrEqual(before);
          before = tauLog;
        }
      }),
      { seed: 44, numRuns: 60 },
    );
  });

  it("is widened by a protocol that is not that of the laws, in quadrature", () => {
    const point = dense(1e9, 2e10);
    const own = askPanel(spec, point, 0);
    const other = askPanel(spec, point, 0.7);
    expect(other.lnValue).toBe(own.lnValue);
    expect(other.variance - own.variance).toBeCloseTo(0.49, 12);
  });

  it("lies between the smallest and the largest value it weighs", () => {
    fc.assert(
      fc.property(anyParams, anyTokens, (params, tokens) => {
        const { lnValue, evidence } = askPanel(spec, dense(params, tokens), 0);
        const weighed = evidence.flatMap(({ weight, value }) =>
          weight > 0 && value !== undefined ? [Math.log(value)] : [],
        );
        expect(lnValue).toBeGreaterThan(Math.min(...weighed) - 1e-4);
        expect(lnValue).toBeLessThan(Math.max(...weighed) + 1e-4);
      }),
      { seed: 45, numRuns: 200 },
    );
  });
});

describe("the measured surface in a panel", () => {
  const anchorWeight = (params: number, tokens: number) =>
    askPanel(BATCH_PANEL, dense(params, tokens), 0).evidence.find(
      ({ reason }) => reason === "measured-surface",
    )?.weight ?? 0;

  it("has nearly all the weight inside its sweep and loses it with the distance", () => {
    expect(anchorWeight(5e8, 2e10)).toBeGreaterThan(0.9);
    const outwards = [1e11, 1e12, 1e13, 1e14].map((tokens) => anchorWeight(5e8, tokens));
    for (let i = 1; i < outwards.length; i++) {
      expect(outwards[i]).toBeLessThan(outwards[i - 1] ?? 0);
    }
  });
});

describe("a law near its refusal range", () => {
  const moonlight = (flops: number) => {
    const point = dense(1e9, flops / (6 * dense(1e9, 1).computeParams));
    return askPanel(BATCH_PANEL, point, 0).evidence.find(({ id }) => id === "liu2025-moonlight");
  };

  it("fades over the last factor of ten, and is shown without weight beyond", () => {
    expect(moonlight(9e20)?.reason).toBe("pooled");
    expect(moonlight(3e21)?.reason).toBe("pooled-fading-near-refusal");
    expect(moonlight(9.99e21)?.weight).toBeLessThan(0.01 * (moonlight(9e20)?.weight ?? 0));
    expect(moonlight(1.1e22)).toMatchObject({ weight: 0 });
    expect(moonlight(1.1e22)?.value).toBeUndefined();
  });
});
