"""Gradient noise scale of your own training run, from a critbatch service.

One file that needs the standard library alone: copy it beside your training script. The helpers for
PyTorch use tensors only through their own methods, so that torch is not imported here.

    taps, norms, answer = tap_params(model), [], None
    for step, micro_batches in enumerate(windows):
        for inputs, targets in micro_batches:                  # M of them, m examples each
            (loss_of(model(inputs), targets) / M).backward()
        small = taps.read(M, scale=1 / M)
        norms.append(observation(step, m, M, small, grad_sq_norm(model)))
        if step % 50 == 49:
            answer = post_noise_scale(norms, unit="examples", previous=answer)
        ...                                                    # clip, step, zero_grad
"""

import json
import os
import sys
import urllib.request

DEFAULT_URL = "http://127.0.0.1:8787"

# What the service takes at once; the newest say most.
MOST_OBSERVATIONS = 10_000


def post_noise_scale(
    observations, *, unit, reduction="mean", previous=None, url=None, timeout=2.0, **fields
):
    """The service's answer over the given observations, or `previous` where there is none.

    Never raises and never waits long: whatever goes wrong is told on standard error, and training goes on.

    observations -- list of what `observation` returns, norms read before clipping.
    unit         -- what batch sizes count: "sequences", "tokens" or "examples".
    reduction    -- "mean" or "sum": how the loss is reduced over a batch.
    url          -- address of the service; CRITBATCH_URL when absent.
    timeout      -- seconds.
    fields       -- further fields of the request, such as intervalLevel or blockSteps.
    """
    try:
        base = url or os.environ.get("CRITBATCH_URL") or DEFAULT_URL
        body = {"unit": unit, "reduction": reduction, "clipped": False, **fields}
        body["observations"] = list(observations)[-MOST_OBSERVATIONS:]
        text = json.dumps(body, allow_nan=False, separators=(",", ":"))
        headers = {"Content-Type": "application/json", "User-Agent": "critbatch-python"}
        request = urllib.request.Request(
            base.rstrip("/") + "/v1/noise-scale", text.encode(), headers
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except Exception as failure:  # A measurement is never worth a stopped run.
        print(f"critbatch: no noise scale this time: {_explained(failure)}", file=sys.stderr)
        return previous


def _explained(failure):
    """What the service refused, where it says so."""
    try:
        problem = json.loads(failure.read())
        places = "; ".join(f"{one['pointer']}: {one['message']}" for one in problem["errors"][:3])
        return f"{problem['title']}: {places}"
    except Exception:
        return failure


def observation(step, small_batch, small_batch_count, small_sq_norm, big_sq_norm):
    """One step's norms: of `small_batch_count` batches of `small_batch`, and of their mean."""
    return {
        "step": step,
        "smallBatch": small_batch,
        "bigBatch": small_batch * small_batch_count,
        "smallBatchCount": small_batch_count,
        "smallBatchGradSqNorm": float(small_sq_norm),
        "bigBatchGradSqNorm": float(big_sq_norm),
    }


def shown(answer):
    """An answer in one line, for a log."""
    if answer is None:
        return "no noise scale yet"
    if answer["status"] != "resolved":
        return f"noise scale {answer['status']}: {answer['reason']}"
    scale = answer["bSimple"]
    lower, upper, level = (scale["interval"][end] for end in ("lower", "upper", "level"))
    end = "unbounded" if upper is None else f"{upper:.4g}"
    interval = f"{lower:.4g} to {end} at {level:.0%}"
    return f"noise scale {scale['value']:.4g} {scale['unit']} ({interval})"


def tap_params(model):
    """Hooks on every parameter of a PyTorch model that read micro-gradients before they are added up.

    Tap before wrapping in DistributedDataParallel: hooks see the gradient of this rank, before the
    all-reduce. Average what `read` returns over the ranks, and count the micro-batches of all.
    """
    return Taps(model.parameters())


class Taps:
    """Sum of squared norms of the gradients of each backward pass since it was last read."""

    def __init__(self, params):
        self._sums = {}
        self._handles = [
            param.register_hook(self._add) for param in params if param.requires_grad
        ]

    def _add(self, grad):
        # Stays on the device: reading it, not adding, waits for the device.
        square = grad.detach().float().square().sum()
        self._sums[grad.device] = self._sums.get(grad.device, 0) + square

    def read(self, micro_batches, scale=1.0):
        """Mean squared norm of the micro-gradients, and starts anew.

        micro_batches -- backward passes since the last reading.
        scale         -- what their losses were multiplied by, such as 1 / accumulation steps, times the
                         factor of an AMP gradient scaler.
        """
        total = sum(float(part) for part in self._sums.values())
        self._sums = {}
        return total / (micro_batches * scale**2)

    def remove(self):
        for handle in self._handles:
            handle.remove()


def grad_sq_norm(model):
    """Squared norm of the accumulated gradient of a PyTorch model: read it before clipping, unscaled."""
    squares = {}
    for param in model.parameters():
        if param.grad is not None:
            square = param.grad.detach().float().square().sum()
            squares[param.device] = squares.get(param.device, 0) + square
    return sum(float(square) for square in squares.values())
