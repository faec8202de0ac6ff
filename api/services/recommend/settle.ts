import type { Warning } from "../../../schemas/common.ts";
import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { countModel, type ModelCount } from "../shared/count-model.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import type { SettledNumber } from "../shared/settled-number.ts";
import { allocateCompute, flopsForParams, flopsForTokens } from "./allocate-compute.ts";

/** A planned run with every gap filled; what was assumed stands in `warnings`. */
export interface SettledPlan {
  readonly model: ModelCount;
  readonly modelBasis:
    | "given"
    | "from-shape"
    | "from-compute-and-tokens"
    | "compute-optimal"
    | "constraint";
  readonly tokens: SettledNumber;
  readonly tokensBasis: "given" | "from-compute-and-parameters" | "compute-optimal";
  readonly sequenceLengthTokens: number;
  readonly warnings: readonly Warning[];
}

const DEFAULT_SEQUENCE_LENGTH_TOKENS = 2048;
const LARGEST_TOKENS = 1e17;

/**
 * Returns the run with parameters, tokens and sequence length settled, from any of parameters, tokens and FLOPs.
 *
 *   C = 6 N D;  one of N, D alone: the compute-optimal other;  C alone: the compute-optimal N and D
 *
 * @throws {InvalidRequest} when none of the three is given, they leave no plan in range, or a batch that constraints ask
 * for has more tokens than the run (and than one sequence).
 * @source compute-optimal allocation: arXiv:2404.10102, Table 1 through the catalogue
 */
export function settlePlan(request: RecommendationRequest): SettledPlan {
  const warnings: Warning[] = [];
  const sequenceLengthTokens = settleSequenceLength(request, warnings);
  const size = settleSize(request, warnings);
  if (size.tokens.value > LARGEST_TOKENS || size.tokens.value < 1) {
    throw new InvalidRequest([
      size.tokensBasis === "compute-optimal" && request.compute?.trainingFlops === undefined
        ? {
            pointer: "/model",
            code: "out-of-range",
            message:
              "a model whose compute-optimal run is one of 1 to 1e17 tokens, or data.trainingTokens",
          }
        : {
            pointer: "/compute/trainingFlops",
            code: "out-of-range",
            message: "FLOPs that go with the parameters and tokens: C = 6 N D",
          },
    ]);
  }
  refuseBatchOverRun(request, Math.max(size.tokens.value, sequenceLengthTokens));
  return { ...size, sequenceLengthTokens, warnings };
}

function refuseBatchOverRun({ constraints }: RecommendationRequest, runTokens: number): void {
  const fields = ["fixed", "min"] as const;
  const over = fields.filter((field) => (constraints?.batchTokens?.[field] ?? 0) > runTokens);
  if (over.length === 0) return;
  throw new InvalidRequest(
    over.map((field) => ({
      pointer: `/constraints/batchTokens/${field}`,
      code: "out-of-range",
      message: `at most the ${runTokens.toPrecision(6)} tokens of the run: it has at least one step`,
    })),
  );
}

type Size = Pick<SettledPlan, "model" | "modelBasis" | "tokens" | "tokensBasis">;

function settleSize(request: RecommendationRequest, warnings: Warning[]): Size {
  const { model, data, compute } = request;
  const tokens = data?.trainingTokens;
  const flops = compute?.trainingFlops;
  if (model !== undefined) return sizeFromModel(request, countModel(model, warnings), warnings);
  if (tokens === undefined && flops === undefined) {
    throw new InvalidRequest([
      {
        pointer: "",
        code: "missing-size",
        message:
          "at least one of model, data.trainingTokens and compute.trainingFlops, so that there is a run to plan",
      },
    ]);
  }
  return sizeWithoutModel(request, warnings);
}

function sizeFromModel(
  request: RecommendationRequest,
  model: ModelCount,
  warnings: Warning[],
): Size {
  const tokens = request.data?.trainingTokens;
  const flops = request.compute?.trainingFlops;
  const modelBasis = model.fromShape ? "from-shape" : "given";
  refuseOverConstraint(request, model.nonEmbeddingParams.value);
  if (tokens !== undefined) {
    warnOfOtherFlops(flops, 6 * model.computeParams * tokens, warnings);
    return { model, modelBasis, tokens: given(tokens), tokensBasis: "given" };
  }
  if (flops !== undefined) {
    const value = flops / (6 * model.computeParams);
    return {
      model,
      modelBasis,
      tokens: { value, sdLog: model.totalParams.sdLog },
      tokensBasis: "from-compute-and-parameters",
    };
  }
  warnings.push({
    code: "tokens-assumed-compute-optimal",
    detail:
      "No token count and no FLOPs were given: the tokens that are compute-optimal for this model size are assumed.",
  });
  const allocation = allocateCompute(flopsForParams(model.computeParams));
  return { model, modelBasis, tokens: allocation.trainingTokens, tokensBasis: "compute-optimal" };
}

function sizeWithoutModel(request: RecommendationRequest, warnings: Warning[]): Size {
  const tokens = request.data?.trainingTokens;
  const flops = request.compute?.trainingFlops ?? flopsForTokens(tokens ?? 0);
  const allocation = allocateCompute(flops);
  const allotted =
    tokens !== undefined && request.compute?.trainingFlops !== undefined
      ? {
          total: { value: flops / (6 * tokens), sdLog: 0 },
          basis: "from-compute-and-tokens" as const,
        }
      : { total: allocation.totalParams, basis: "compute-optimal" as const };
  if (allotted.total.value < 1) {
    throw new InvalidRequest([
      {
        pointer: "/compute/trainingFlops",
        code: "out-of-range",
        message: "FLOPs enough for at least one parameter: C = 6 N D",
      },
    ]);
  }
  const counted: Warning[] = [];
  const model = countModel({ totalParams: allotted.total.value }, counted, allotted.total.sdLog);
  const largest = request.constraints?.nonEmbeddingParams?.max;
  if (largest !== undefined && model.nonEmbeddingParams.value > largest) {
    return sizeAtLargest(request, { largest, flops }, warnings);
  }
  if (allotted.basis === "compute-optimal") {
    warnings.push({
      code: "parameters-assumed-compute-optimal",
      detail: "No model size was given: the compute-optimal one is recommended.",
    });
  }
  warnings.push(...counted);
  return {
    model,
    modelBasis: allotted.basis,
    tokens: tokens === undefined ? allocation.trainingTokens : given(tokens),
    tokensBasis: tokens === undefined ? "compute-optimal" : "given",
  };
}

/** The largest model allowed, where a larger one would follow; it spends the FLOPs on more tokens. */
function sizeAtLargest(
  request: RecommendationRequest,
  { largest, flops }: { readonly largest: number; readonly flops: number },
  warnings: Warning[],
): Size {
  const tokens = request.data?.trainingTokens;
  warnings.push({
    code: "parameters-limited",
    detail:
      "constraints.nonEmbeddingParams.max is below the size that the FLOPs or tokens ask for.",
  });
  const model = countModel({ nonEmbeddingParams: largest }, warnings);
  if (tokens === undefined) {
    return {
      model,
      modelBasis: "constraint",
      tokens: { value: flops / (6 * model.computeParams), sdLog: model.totalParams.sdLog },
      tokensBasis: "from-compute-and-parameters",
    };
  }
  warnOfOtherFlops(request.compute?.trainingFlops, 6 * model.computeParams * tokens, warnings);
  return { model, modelBasis: "constraint", tokens: given(tokens), tokensBasis: "given" };
}

function given(value: number): SettledNumber {
  return { value, sdLog: 0 };
}

function refuseOverConstraint(request: RecommendationRequest, params: number): void {
  const largest = request.constraints?.nonEmbeddingParams?.max;
  if (largest === undefined || params <= largest * (1 + 1e-9)) return;
  throw new InvalidRequest([
    {
      pointer: "/constraints/nonEmbeddingParams/max",
      code: "contradiction",
      message: `at least the ${params.toPrecision(6)} non-embedding parameters of model, or no model`,
    },
  ]);
}

function warnOfOtherFlops(flops: number | undefined, planned: number, warnings: Warning[]): void {
  if (flops === undefined || Math.abs(Math.log(flops / planned)) < Math.log(1.5)) return;
  warnings.push({
    code: "flops-disagree",
    detail:
      `compute.trainingFlops is ${(flops / planned).toPrecision(3)} times 6 x parameters x tokens; ` +
      "parameters and tokens are used.",
  });
}

function settleSequenceLength(request: RecommendationRequest, warnings: Warning[]): number {
  const length = request.data?.sequenceLengthTokens;
  if (length !== undefined) return length;
  warnings.push({
    code: "sequence-length-assumed",
    detail: `data.sequenceLengthTokens was not given: ${DEFAULT_SEQUENCE_LENGTH_TOKENS} is assumed.`,
  });
  return DEFAULT_SEQUENCE_LENGTH_TOKENS;
}
