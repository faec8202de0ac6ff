import { describe, expect, it } from "vitest";
import {
  batchPenaltyNats,
  breakEvenBatchTokens,
  type PricedRun,
  paramsToRestoreLoss,
  tokensToRestoreLoss,
  wallBatchTokens,
} from "../../../api/numerics/compensation/batch-price.ts";
import {
  criticalBatchAt,
  criticalBatchLawThrough,
  effectiveTokens,
  effectiveTokensBounds,
} from "../../../api/numerics/compensation/effective-tokens.ts";
import {
  kaplanAtFixedLoss,
  kaplanBaseline,
  kaplanRunLossNats,
} from "../../../api/numerics/compensation/kaplan-form.ts";
import {
  elasticityRatio,
  lossGapInLogCompute,
  lossTerms,
  termRatio,
} from "../../../api/numerics/compensation/loss-terms.ts";
import {
  paramsRatioForLostData,
  wallForLostData,
} from "../../../api/numerics/compensation/params-ratio.ts";
import {
  repeatedDataWorth,
  repeatedTokensFor,
} from "../../../api/numerics/compensation/repetition.ts";
import { serialBudget } from "../../../api/numerics/compensation/serial-budget.ts";
import { besiroglu2024Constants } from "../../../api/numerics/laws/besiroglu2024.ts";
import { kaplanLossAtBatch } from "../../../api/numerics/laws/kaplan-loss.ts";
import breakEven from "../../vectors/compensation-break-even.json" with { type: "json" };
import cases from "../../vectors/compensation-cases.json" with { type: "json" };
import curve from "../../vectors/compensation-curve.json" with { type: "json" };
import gap from "../../vectors/compensation-gap.json" with { type: "json" };
import harmonic from "../../vectors/compensation-harmonic.json" with { type: "json" };
import kaplan from "../../vectors/compensation-kaplan.json" with { type: "json" };
import repetition from "../../vectors/compensation-repetition.json" with { type: "json" };
import serial from "../../vectors/compensation-serial.json" with { type: "json" };
import wall from "../../vectors/compensation-wall.json" with { type: "json" };
import { expectClose, runVectors } from "../../vectors/run-vectors.ts";
import { lossLawNamed, POWER_LINES } from "./fixtures.ts";

const ratioOf = (answer: ReturnType<typeof paramsToRestoreLoss>): number | null =>
  answer.status === "ok" ? answer.paramsRatio : null;

describe("parameters on the compute-optimal line", () => {
  runVectors(curve, ({ lossLaw, x }) => {
    const { paramExponent: alpha, dataExponent: beta } = lossLawNamed(lossLaw);
    return {
      paramsRatio: ratioOf(paramsRatioForLostData(alpha / beta, alpha, beta, x)),
      tokensRatio: 1 + x,
    };
  });
});

describe("wall on the compute-optimal line", () => {
  runVectors(wall, ({ alpha, beta }) => ({ xWall: wallForLostData(alpha / beta, beta) }));
});

describe("price of a batch from the zero-noise limit, critical batch at the effective tokens", () => {
  runVectors(cases, ({ lossLaw, totalParams, trainingTokens, batchTokens }) => {
    const law = lossLawNamed(lossLaw);
    const run: PricedRun = {
      law,
      params: totalParams,
      tokens: trainingTokens,
      bCrit: POWER_LINES,
      form: "implicit",
      baselineBatchTokens: 0,
    };
    const effective = effectiveTokens(trainingTokens, batchTokens, POWER_LINES, "implicit");
    const bCritTokens = criticalBatchAt(POWER_LINES, effective);
    const terms = lossTerms(law, totalParams, trainingTokens);
    const paramsRatio = ratioOf(paramsToRestoreLoss(run, batchTokens));
    const tokensRatio = tokensToRestoreLoss(run, batchTokens);
    return {
      bCritTokens,
      batchOverCritical: batchTokens / bCritTokens,
      effectiveTokens: effective,
      lossNats: terms.lossNats,
      penaltyNats: batchPenaltyNats(run, batchTokens),
      rho: termRatio(terms),
      kappa: elasticityRatio(law, terms),
      xWall: wallForLostData(termRatio(terms), law.dataExponent),
      wallBatchTokens: wallBatchTokens(run),
      paramsRatio,
      totalParams: paramsRatio === null ? null : paramsRatio * totalParams,
      tokensRatio,
      trainingTokens: tokensRatio * trainingTokens,
      steps: trainingTokens / batchTokens,
      stepsOfTokensRoute: (tokensRatio * trainingTokens) / batchTokens,
    };
  });
});

describe("break-even of parameters and tokens", () => {
  runVectors(breakEven, ({ lossLaw, totalParams, trainingTokens }) => {
    const law = lossLawNamed(lossLaw);
    const bCritTokens = criticalBatchAt(POWER_LINES, trainingTokens);
    const run: PricedRun = {
      law,
      params: totalParams,
      tokens: trainingTokens,
      bCrit: POWER_LINES,
      form: "explicit",
      baselineBatchTokens: 0,
    };
    return {
      kappa: elasticityRatio(law, lossTerms(law, totalParams, trainingTokens)),
      xBreakEven: breakEvenBatchTokens(run) / bCritTokens,
    };
  });
});

describe("cheapest run under a budget of serial steps", () => {
  runVectors(serial, ({ targetLossNats, steps, referenceFlops, referenceParams }) => {
    const answer = serialBudget(besiroglu2024Constants, POWER_LINES, targetLossNats, steps);
    if (answer.status !== "ok") return answer;
    return {
      ...answer,
      kappa: answer.elasticityRatio,
      tokensPerParam: answer.tokens / answer.params,
      flopsRatio: (6 * answer.params * answer.tokens) / referenceFlops,
      paramsRatio: answer.params / referenceParams,
    };
  });
});

describe("price of a batch under the step law", () => {
  runVectors(kaplan, (inputs) => {
    const { nonEmbeddingParams, trainingTokens, baselineBatchTokens, batchTokens } = inputs;
    const baseline = kaplanBaseline(nonEmbeddingParams, trainingTokens, baselineBatchTokens);
    const { bCritTokens, batchScaleTokens } = baseline;
    const run: PricedRun = {
      law: kaplanAtFixedLoss(bCritTokens),
      params: nonEmbeddingParams,
      tokens: trainingTokens,
      bCrit: criticalBatchLawThrough(bCritTokens, trainingTokens, 0),
      form: "explicit",
      baselineBatchTokens,
    };
    const lossNats = kaplanRunLossNats(
      nonEmbeddingParams,
      trainingTokens,
      batchTokens,
      batchScaleTokens,
    );
    const paramsRatio = ratioOf(paramsToRestoreLoss(run, batchTokens));
    return {
      baselineLossNats: baseline.lossNats,
      bCritTokens,
      minSteps: trainingTokens / (baselineBatchTokens + bCritTokens),
      wallBatchTokens: wallBatchTokens(run),
      lossNats,
      penaltyNats: lossNats - baseline.lossNats,
      paramsRatio,
      nonEmbeddingParams: (paramsRatio ?? Number.NaN) * nonEmbeddingParams,
      trainingTokens: tokensToRestoreLoss(run, batchTokens) * trainingTokens,
    };
  });

  it("with the paper's batch scale, the loss is the one of the law catalogue", () => {
    expectClose(
      kaplanRunLossNats(1e9, 2e10, 262144, 2.1e8),
      kaplanLossAtBatch(1e9, 2e10, 262144),
      1e-13,
      "lossNats",
    );
  });
});

describe("repeated tokens", () => {
  runVectors(repetition, ({ uniqueTokens, epochs }) => ({
    worthTokens: repeatedDataWorth(epochs * uniqueTokens, uniqueTokens),
  }));

  it.each(repetition.rows)("the tokens for that worth are the repeated ones again", (row) => {
    const { inputs, expected } = row;
    const answer = repeatedTokensFor(expected.worthTokens, inputs.uniqueTokens);
    expect(answer.status).toBe("ok");
    if (answer.status === "ok") expectClose(answer.epochs, inputs.epochs, 1e-11, "epochs");
  });

  it("no number of repeats is worth 16.39 times the distinct tokens", () => {
    expect(repeatedTokensFor(1.64e11, 1e10).status).toBe("exhausted");
  });
});

describe("loss gap as compute", () => {
  runVectors(gap, ({ totalParams, trainingTokens, lossGapNats }) => ({
    logCompute: lossGapInLogCompute(
      besiroglu2024Constants,
      lossTerms(besiroglu2024Constants, totalParams, trainingTokens),
      lossGapNats,
    ),
  }));
});

describe("effective tokens of two budgets", () => {
  runVectors(harmonic, ({ trainingTokens, steps, bCritTokens }) => ({
    effectiveTokens: effectiveTokens(
      trainingTokens,
      trainingTokens / steps,
      criticalBatchLawThrough(bCritTokens, trainingTokens, 0),
      "explicit",
    ),
    ...effectiveTokensBounds(trainingTokens, steps, bCritTokens),
  }));
});
