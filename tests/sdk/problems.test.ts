import { describe, expect, it } from "vitest";
import { PROBLEM_SLUGS, PROBLEMS } from "../../schemas/service/problem.ts";
import { ApiProblemError, Critbatch, CritbatchError } from "../../sdk/index.ts";
import { hasProblem, inProcess, isHealthy, scripted } from "./fetches.ts";

const client = new Critbatch({ fetch: inProcess() });

const thrownBy = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );

it("a refused request throws a problem that names the places", async () => {
  const error = await thrownBy(client.recommend({ model: { nonEmbeddingParams: 3 } }));
  expect(error).toBeInstanceOf(ApiProblemError);
  expect(error).toBeInstanceOf(CritbatchError);
  const problem = error as ApiProblemError;
  expect(problem.name).toBe("ApiProblemError");
  expect(problem.type).toBe("/problems/validation");
  expect(problem.status).toBe(422);
  expect(problem.instance).toBe("/v1/recommendations");
  expect(problem.requestId).toMatch(/^made-/);
  expect(problem.errors.map(({ pointer }) => pointer)).toEqual(["/model/nonEmbeddingParams"]);
  expect(problem.message).toContain("/model/nonEmbeddingParams: ");
});

it("an item that is not there throws a problem without places", async () => {
  // @ts-expect-error no law has this id
  const error = (await thrownBy(client.getLaw("nobody1999"))) as ApiProblemError;
  expect(error.type).toBe("/problems/not-found");
  expect(error.errors).toEqual([]);
});

it("throwOnProblem: false answers data or a problem, each with the request id", async () => {
  const quiet = { throwOnProblem: false } as const;
  const refused = await client.recommend({}, quiet);
  expect(refused.data).toBeUndefined();
  expect(refused.problem?.type).toBe("/problems/validation");
  expect(refused.requestId).toBe(refused.problem?.requestId);
  const answered = await client.getHealth(quiet);
  expect(answered.problem).toBeUndefined();
  expect(answered.data?.status).toBe("ok");
  expect(answered.requestId).toMatch(/^made-/);
});

describe("every type of problem that the service lists", () => {
  it.each(PROBLEM_SLUGS)("%s is thrown with its type", async (slug) => {
    const { fetch } = scripted(hasProblem(PROBLEMS[slug].status, slug));
    const error = await thrownBy(new Critbatch({ fetch, retries: 0 }).getHealth());
    expect((error as ApiProblemError).type).toBe(`/problems/${slug}`);
  });
});

it("a problem without a request id in its body takes that of the header", async () => {
  const { fetch } = scripted(() =>
    Response.json(
      { type: "/problems/internal", title: "T", status: 500, detail: "D" },
      { status: 500, headers: { "X-Request-Id": "from-header" } },
    ),
  );
  const error = (await thrownBy(new Critbatch({ fetch }).getHealth())) as ApiProblemError;
  expect(error.requestId).toBe("from-header");
});

it("a failed call that nobody awaits does not end the process", async () => {
  const unheard: unknown[] = [];
  const listen = (reason: unknown) => unheard.push(reason);
  process.on("unhandledRejection", listen);
  const { fetch } = scripted(hasProblem(500, "internal"), isHealthy);
  new Critbatch({ fetch }).getHealth();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", listen);
  expect(unheard).toEqual([]);
});
