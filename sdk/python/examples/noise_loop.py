"""Measures the gradient noise scale of a small training run and checks it against the exact one.

A two-layer network is trained on synthetic data with plain numpy. Every step reads two squared norms that
training has at hand anyway: of the micro-batch gradients, and of their mean. A critbatch service turns
them into tr(Sigma) / |G|^2 with an interval. Being small, this run can also compute the exact value from
the gradients of all examples, and says whether the interval holds it.

    CRITBATCH_URL=http://127.0.0.1:8787 python3 noise_loop.py [--seed N] [--steps N]
"""

import argparse
import http.client
import json
import os
import sys
import urllib.request

import numpy as np

URL = os.environ.get("CRITBATCH_URL", "http://127.0.0.1:8787")

EXAMPLES, INPUTS, HIDDEN, CLASSES = 1024, 12, 16, 3
MICRO_BATCH, MICRO_BATCHES = 8, 32
LEARNING_RATE = 0.02
# Norms that still fall steeply are no stretch to average over.
WARMUP_STEPS = 150
REPORT_EVERY = 50


def noise_scale(observations, last_answer):
    """The service's answer, or the last one where there is none: a measurement never stops training."""
    body = {"unit": "examples", "reduction": "mean", "clipped": False, "intervalLevel": 0.95}
    body["observations"] = observations
    request = urllib.request.Request(
        URL + "/v1/noise-scale", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=2) as response:
            return json.load(response)
    except (OSError, ValueError, http.client.HTTPException) as failure:
        print(f"no noise scale this time: {failure}", file=sys.stderr)
        return last_answer


def make_data(rng):
    """Inputs, and classes drawn from the softmax of a random network: no model fits them exactly."""
    inputs = rng.normal(size=(EXAMPLES, INPUTS))
    teacher = make_weights(rng, scale=2.0)
    chances = softmax(scores_of(teacher, inputs)[1])
    draws = rng.random((EXAMPLES, 1))
    return inputs, (draws > chances.cumsum(axis=1)).sum(axis=1).clip(max=CLASSES - 1)


def make_weights(rng, scale=1.0):
    first = rng.normal(size=(INPUTS, HIDDEN)) * scale / np.sqrt(INPUTS)
    second = rng.normal(size=(HIDDEN, CLASSES)) * scale / np.sqrt(HIDDEN)
    return first, second


def scores_of(weights, inputs):
    first, second = weights
    hidden = np.tanh(inputs @ first)
    return hidden, hidden @ second


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def example_gradients(weights, inputs, classes):
    """The gradient of the cross-entropy of every single example, one row each."""
    hidden, scores = scores_of(weights, inputs)
    at_scores = softmax(scores)
    at_scores[np.arange(len(classes)), classes] -= 1
    at_hidden = (at_scores @ weights[1].T) * (1 - hidden**2)
    of_first = np.einsum("ni,nh->nih", inputs, at_hidden)
    of_second = np.einsum("nh,nc->nhc", hidden, at_scores)
    rows = len(classes)
    return np.hstack([of_first.reshape(rows, -1), of_second.reshape(rows, -1)])


def sq_norm(gradient):
    return float(gradient @ gradient)


def exact_moments(weights, inputs, classes):
    """tr(Sigma) and |G|^2 of the whole population of examples, at these weights."""
    gradients = example_gradients(weights, inputs, classes)
    mean = gradients.mean(axis=0)
    return float(((gradients - mean) ** 2).sum(axis=1).mean()), sq_norm(mean)


def descend(weights, gradient):
    split = INPUTS * HIDDEN
    first = weights[0] - LEARNING_RATE * gradient[:split].reshape(INPUTS, HIDDEN)
    second = weights[1] - LEARNING_RATE * gradient[split:].reshape(HIDDEN, CLASSES)
    return first, second


def train(seed, steps):
    """Trains, reports, and returns the last answer with the exact value over the same steps."""
    rng = np.random.default_rng(seed)
    inputs, classes = make_data(rng)
    weights = make_weights(rng)
    observations, answer = [], None
    exact = np.zeros(2)
    for step in range(WARMUP_STEPS + steps):
        # Drawn with replacement, so that examples are independent and the population is the data set.
        drawn = rng.integers(EXAMPLES, size=MICRO_BATCHES * MICRO_BATCH)
        gradients = example_gradients(weights, inputs[drawn], classes[drawn])
        micro = gradients.reshape(MICRO_BATCHES, MICRO_BATCH, -1).mean(axis=1)
        mean = micro.mean(axis=0)
        if step >= WARMUP_STEPS:
            observations.append({
                "step": step,
                "smallBatch": MICRO_BATCH,
                "bigBatch": MICRO_BATCH * MICRO_BATCHES,
                "smallBatchCount": MICRO_BATCHES,
                "smallBatchGradSqNorm": float((micro**2).sum(axis=1).mean()),
                "bigBatchGradSqNorm": sq_norm(mean),
            })
            # The service answers a ratio of averages over the steps, so both parts are added up.
            exact += exact_moments(weights, inputs, classes)
        weights = descend(weights, mean)
        if observations and step % REPORT_EVERY == REPORT_EVERY - 1:
            answer = noise_scale(observations, answer)
            print(f"step {step}: {shown(answer)}")
    return answer, exact[0] / exact[1]


def shown(answer):
    if answer is None:
        return "no answer yet"
    if answer["status"] != "resolved":
        return f"{answer['status']}: {answer['reason']}"
    scale = answer["bSimple"]
    lower, upper, level = (scale["interval"][name] for name in ("lower", "upper", "level"))
    upper = "unbounded" if upper is None else f"{upper:.1f}"
    return f"B_simple {scale['value']:.1f} examples ({lower:.1f} to {upper} at {level:.0%})"


def holds(answer, exact):
    """Whether there is an answer with an interval, and the exact value lies in it."""
    if answer is None or answer["status"] != "resolved":
        return False
    interval = answer["bSimple"]["interval"]
    return interval["lower"] <= exact and (interval["upper"] is None or exact <= interval["upper"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=200, help="steps measured after the warm-up")
    arguments = parser.parse_args()
    answer, exact = train(arguments.seed, arguments.steps)
    is_held = holds(answer, exact)
    print(f"exact, from the gradients of all {EXAMPLES} examples at every step: {exact:.1f}")
    print("the interval holds it" if is_held else "the interval does not hold it")
    return 0 if is_held else 1


if __name__ == "__main__":
    sys.exit(main())
