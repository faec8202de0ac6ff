import type { RecommendationRequest } from "../../../schemas/recommendations/request.ts";
import { countModel, type ModelCount } from "../shared/count-model.ts";
import { roundForWire } from "../shared/estimates.ts";
import { InvalidRequest } from "../shared/invalid-request.ts";
import type { Notice } from "../shared/notices.ts";
import type { SettledNumber } from "../shared/settled-number.ts";
import { allocateCompute, flopsForParams, flopsForTokens } from "./allocate-compute.ts";

/** A planned run with every gap filled; what was assumed stands in `notices`. */
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
  readonly notices: readonly Notice[];
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
  const notices: Notice[] = [];
  const sequenceLengthTokens = settleSequenceLength(request, notices);
  const size = settleSize(request, notices);
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
  return { ...size, sequenceLengthTokens, notices };
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

function settleSize(request: RecommendationRequest, notices: Notice[]): Size {
  const { model, data, compute } = request;
  const tokens = data?.trainingTokens;
  const flops = compute?.trainingFlops;
  if (model !== undefined) return sizeFromModel(request, countModel(model, notices), notices);
  if (tokens === undefined && flops === undefined) {
    throw new InvalidRequest([
      {
        pointer: "",
        code: "missing-size",
        message: "at least one of model, data.trainingTokens and compute.trainingFlops",
      },
    ]);
  }
  return sizeWithoutModel(request, notices);
}

function sizeFromModel(request: RecommendationRequest, model: ModelCount, notices: Notice[]): Size {
  const tokens = request.data?.trainingTokens;
  const flops = request.compute?.trainingFlops;
  const modelBasis = model.fromShape ? "from-shape" : "given";
  refuseOverConstraint(request, model.nonEmbeddingParams.value);
  if (tokens !== undefined) {
    warnOfOtherFlops(flops, 6 * model.computeParams * tokens, notices);
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
  const allocation = allocateCompute(flopsForParams(model.computeParams));
  notices.push({
    field: "data.trainingTokens",
    value: roundForWire(allocation.trainingTokens.value),
    detail: "The compute-optimal number of tokens for this model.",
  });
  return { model, modelBasis, tokens: allocation.trainingTokens, tokensBasis: "compute-optimal" };
}

function sizeWithoutModel(request: RecommendationRequest, notices: Notice[]): Size {
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
  const counted: Notice[] = [];
  const model = countModel({ totalParams: allotted.total.value }, counted, allotted.total.sdLog);
  const largest = request.constraints?.nonEmbeddingParams?.max;
  if (largest !== undefined && model.nonEmbeddingParams.value > largest) {
    return sizeAtLargest(request, { largest, flops }, notices);
  }
  if (allotted.basis === "compute-optimal") {
    notices.push({
      field: "model.totalParams",
      value: roundForWire(model.totalParams.value),
      detail: "The compute-optimal size for this budget.",
    });
  }
  notices.push(...counted);
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
  notices: Notice[],
): Size {
  const tokens = request.data?.trainingTokens;
  notices.push({
    code: "parameters-limited",
    detail:
      "constraints.nonEmbeddingParams.max is below the compute-optimal size for these FLOPs or tokens.",
  });
  const model = countModel({ nonEmbeddingParams: largest }, notices);
  if (tokens === undefined) {
    return {
      model,
      modelBasis: "constraint",
      tokens: { value: flops / (6 * model.computeParams), sdLog: model.totalParams.sdLog },
      tokensBasis: "from-compute-and-parameters",
    };
  }
  warnOfOtherFlops(request.compute?.trainingFlops, 6 * model.computeParams * tokens, notices);
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

function warnOfOtherFlops(flops: number | undefined, planned: number, notices: Notice[]): void {
  if (flops === undefined || Math.abs(Math.log(flops / planned)) < Math.log(1.5)) return;
  notices.push({
    code: "flops-disagree",
    detail:
      `compute.trainingFlops is ${(flops / planned).toPrecision(3)} times 6 x parameters x tokens; ` +
      "parameters and tokens are used.",
  });
}

function settleSequenceLength(request: RecommendationRequest, notices: Notice[]): number {
  const length = request.data?.sequenceLengthTokens;
  if (length !== undefined) return length;
  notices.push({
    field: "data.sequenceLengthTokens",
    value: DEFAULT_SEQUENCE_LENGTH_TOKENS,
    detail: `Sequences have ${DEFAULT_SEQUENCE_LENGTH_TOKENS} tokens.`,
  });
  return DEFAULT_SEQUENCE_LENGTH_TOKENS;
}
