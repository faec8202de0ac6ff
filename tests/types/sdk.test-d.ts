import { expectTypeOf } from "vitest";
import {
  type ApiCall,
  type ApiProblemError,
  type CompensationAnswer,
  Critbatch,
  type Fetch,
  type LawPredictionAnswer,
  type Outcome,
  type ProblemType,
  type RecommendationAnswer,
  type Recommended,
  recommend,
} from "../../sdk/index.ts";

const client = new Critbatch();

const call = client.recommend({ data: { trainingTokens: 2e10 } });
expectTypeOf(call).toEqualTypeOf<ApiCall<RecommendationAnswer>>();
expectTypeOf(call).not.toBeAny();
expectTypeOf(call.then).toBeFunction();
expectTypeOf<Awaited<typeof call>>().toEqualTypeOf<RecommendationAnswer>();
expectTypeOf(recommend({}, {})).toEqualTypeOf<ApiCall<RecommendationAnswer>>();

const quiet = client.recommend({}, { throwOnProblem: false });
expectTypeOf(quiet).toEqualTypeOf<ApiCall<Outcome<RecommendationAnswer>>>();
expectTypeOf(client.recommend({}, { retries: 0 })).toEqualTypeOf<ApiCall<RecommendationAnswer>>();

// @ts-expect-error a problem is thrown unless false is said
client.recommend({}, { throwOnProblem: true });
// @ts-expect-error an unknown option
client.recommend({}, { retry: 3 });
// @ts-expect-error an unknown field of the request
client.recommend({ batchSize: 3 });
// @ts-expect-error text is no number
client.recommend({ data: { trainingTokens: "2e10" } });
// @ts-expect-error the batch is required
client.compensate({ model: { totalParams: 1e9 }, data: { trainingTokens: 2e10 } });
// @ts-expect-error no law has this id
client.getLaw("nobody1999");
// @ts-expect-error no type of problem ends so
client.getProblem("nothing");
// @ts-expect-error an unknown setting
new Critbatch({ url: "http://127.0.0.1:8787" });

declare const answer: RecommendationAnswer;
if (answer.status === "recommended") {
  expectTypeOf(answer).toEqualTypeOf<Recommended>();
  expectTypeOf(answer.batch.batchTokens.value).toBeNumber();
  expectTypeOf(answer.batch.batchTokens.interval.lower).toEqualTypeOf<number | null>();
} else {
  // @ts-expect-error only a recommendation has a price
  answer.compensation;
}

declare const price: CompensationAnswer;
expectTypeOf(price.status).toEqualTypeOf<
  "not-needed" | "compensable" | "impractical" | "beyond-wall"
>();
if (price.status === "compensable") {
  expectTypeOf(price.parameters.paramsRatio.value).toBeNumber();
}

declare const prediction: LawPredictionAnswer;
// @ts-expect-error a law that refuses predicts nothing
prediction.predictions;

declare const outcome: Outcome<number>;
if (outcome.problem === undefined) expectTypeOf(outcome.data).toBeNumber();
else expectTypeOf(outcome.data).toBeUndefined();

expectTypeOf<ApiProblemError["type"]>().toEqualTypeOf<ProblemType>();
expectTypeOf<"/problems/validation">().toExtend<ProblemType>();
expectTypeOf<ProblemType>().not.toEqualTypeOf<string>();

/** A switch over every type of problem needs no default. */
export function statusOf(error: ApiProblemError): number {
  switch (error.type) {
    case "/problems/unauthorized":
      return 401;
    case "/problems/cross-origin":
      return 403;
    case "/problems/malformed-json":
      return 400;
    case "/problems/not-found":
      return 404;
    case "/problems/method-not-allowed":
      return 405;
    case "/problems/not-acceptable":
      return 406;
    case "/problems/body-timeout":
      return 408;
    case "/problems/body-too-large":
      return 413;
    case "/problems/unsupported-media-type":
      return 415;
    case "/problems/host-not-allowed":
      return 421;
    case "/problems/validation":
    case "/problems/probe-over-limit":
    case "/problems/dataset-quota":
      return 422;
    case "/problems/idempotency-in-progress":
      return 409;
    case "/problems/too-many-jobs":
      return 429;
    case "/problems/internal":
      return 500;
    case "/problems/busy":
    case "/problems/not-configured":
      return 503;
  }
}

expectTypeOf(fetch).toExtend<Fetch>();
