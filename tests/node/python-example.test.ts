import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { findPython } from "../../tools/find-python.ts";
import { createTestApp } from "../in-process-app.ts";

const PYTHON_FOLDER = fileURLToPath(new URL("../../sdk/python/", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../sdk/python/examples/noise_loop.py", import.meta.url));

let server: Server;
let url = "";
let delayMs = 0;

beforeAll(async () => {
  const app = createTestApp();
  server = createServer(async (request, response) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const answer = await app.request(request.url ?? "/", {
      method: request.method ?? "GET",
      headers: { "Content-Type": request.headers["content-type"] ?? "", Host: "127.0.0.1" },
      body: await text(request),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A Python with the module; where there is none the test ends here and says so. */
function pythonWith(module: string, { skip }: TestContext): string {
  const python = findPython(module);
  return python ?? skip(`no python3 with ${module} was found; PYTHON names one`);
}

interface Ended {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

function run(python: string, args: readonly string[], serviceUrl = url): Promise<Ended> {
  const env = {
    ...process.env,
    CRITBATCH_URL: serviceUrl,
    NO_PROXY: "127.0.0.1",
    OPENBLAS_NUM_THREADS: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONPATH: PYTHON_FOLDER,
  };
  return new Promise((resolve) => {
    execFile(python, args, { env, timeout: 50_000 }, (failure, out, err) => {
      resolve({ code: failure?.code ?? 0, out, err });
    });
  });
}

describe("the training loop in Python", () => {
  it.for([1, 2, 3])(
    "seed %i: the interval at 95 % holds the noise scale of all examples' gradients",
    async (seed, context) => {
      const python = pythonWith("numpy", context);
      const { code, out, err } = await run(python, [EXAMPLE, "--seed", `${seed}`]);
      expect(err).toBe("");
      expect(out).toMatch(/step 349: B_simple [\d.]+ examples \([\d.]+ to [\d.]+ at 95%\)\n/);
      expect(out).toMatch(/the interval holds it\n$/);
      expect(code).toBe(0);
    },
  );

  it("trains on when the service is gone or slow, and says so", async (context) => {
    const python = pythonWith("numpy", context);
    const gone = await run(python, [EXAMPLE, "--steps", "60"], "http://127.0.0.1:1");
    expect(gone.err).toMatch(/^no noise scale this time: .*refused/);
    expect(gone.out).toMatch(/step 199: no answer yet\nexact, .*: [\d.]+\n/);
    expect(gone.code).toBe(1);
    delayMs = 10_000;
    const before = performance.now();
    const slow = await run(python, [EXAMPLE, "--steps", "60"]);
    delayMs = 0;
    expect(slow.err).toMatch(/^no noise scale this time: .*timed out/);
    expect(performance.now() - before).toBeLessThan(9000);
  });
});

describe("the Python file", () => {
  it("needs the standard library alone, and keeps the last answer when there is no new one", async (context) => {
    const python = pythonWith("json", context);
    const script = `
from critbatch import observation, post_noise_scale, shown
norms = [observation(step, 8, 32, 1.4 + 0.02 * (step % 2), 0.2 + 0.01 * (step % 3)) for step in range(30)]
print(shown(None))
answer = post_noise_scale(norms, unit="sequences", intervalLevel=0.9)
print(shown(answer))
print(shown(post_noise_scale(norms[:1], unit="sequences")))
print(post_noise_scale(norms, unit="sequence", previous=answer) is answer)
print(post_noise_scale([{**norms[0], "step": float("nan")}], unit="sequences", previous=answer) is answer)
print(post_noise_scale(norms, unit="sequences", previous=answer, url="http://127.0.0.1:1") is answer)
long = [observation(10**6 + i, 8, 32, 1.4 + (i % 7) / 70, 0.2 + (i % 11) / 1100) for i in range(12000)]
print(shown(post_noise_scale(long, unit="sequences", timeout=30)))
print(post_noise_scale(7, unit="sequences", previous=answer) is answer)
`;
    const { code, out, err } = await run(python, ["-I", "-c", insertPath(script)]);
    expect(out.split("\n")).toEqual([
      "no noise scale yet",
      expect.stringMatching(/^noise scale [\d.]+ sequences \([\d.]+ to [\d.]+ at 90%\)$/),
      expect.stringMatching(/^noise scale insufficient-measurements: One block/),
      ...["True", "True", "True"],
      expect.stringMatching(/^noise scale [\d.]+ sequences \(/),
      ...["True", ""],
    ]);
    expect(err).toContain("/unit: expected one of");
    expect(err.trim().split("\n")).toHaveLength(4);
    expect(code).toBe(0);
  });

  it("measures in PyTorch as the tutorial shows it", async (context) => {
    const python = pythonWith("torch", context);
    const [, shownLoop = ""] = /```python\n([\s\S]*?tap_params[\s\S]*?)```/.exec(TUTORIAL) ?? [];
    const { code, out, err } = await run(python, [
      "-c",
      `${TORCH_SETUP}\n${shownLoop}\n${TORCH_CHECK}`,
    ]);
    expect(err).toBe("");
    expect(out).toMatch(/noise scale [\d.]+ examples \([\d.]+ to [\d.]+ at 80%\)\ntaps agree\n$/);
    expect(code).toBe(0);
  });
});

const TUTORIAL = readFileSync(
  new URL("../../docs/tutorials/measure-noise.md", import.meta.url),
  "utf8",
);

const TORCH_SETUP = `
import torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(12, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
loss_of = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.002)
everything = torch.randn(1024, 12)
wanted = everything[:, :1] + torch.randn(1024, 1)
M, m, steps = 16, 8, 100
def micro_batches(count, size):
    for _ in range(count):
        drawn = torch.randint(1024, (size,))
        yield everything[drawn], wanted[drawn]
`;

/** Taps against gradients that were kept one by one. */
const TORCH_CHECK = `
squares = []
for inputs, targets in micro_batches(M, m):
    grads = torch.autograd.grad(loss_of(model(inputs), targets), list(model.parameters()))
    squares.append(sum(float(grad.square().sum()) for grad in grads))
    (loss_of(model(inputs), targets) / M).backward()
expected = sum(squares) / M
assert abs(taps.read(M, scale=1 / M) / expected - 1) < 1e-5
taps.remove()
loss_of(model(everything), wanted).backward()
assert taps.read(1) == 0
print("taps agree")
`;

/** Under -I no path of the environment is looked at, so that nothing but the file itself is found. */
function insertPath(script: string): string {
  return `import sys\nsys.path.insert(0, ${JSON.stringify(PYTHON_FOLDER)})\nsys.dont_write_bytecode = True\n${script}`;
}
