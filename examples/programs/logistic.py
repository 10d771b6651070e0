#!/usr/bin/env python3
"""Logistic regression by stochastic gradient descent, in plain Python: a trainer to be tuned.

It learns to tell two rings of points apart, and says after each epoch how well it does, a JSON object
on a line of its standard output. logistic.json tunes it:

    sturgeon tune --study=logistic.json
"""

import argparse
import json
import math
import os
import random


def rings(rng, count):
    """Points (x, y) around one circle or another, and which it is."""
    points = []
    for _ in range(count):
        label = rng.randrange(2)
        angle = rng.uniform(0, 2 * math.pi)
        radius = rng.gauss(1 + label, 0.35)
        points.append(((radius * math.cos(angle), radius * math.sin(angle)), label))
    return points


def features(point, degree):
    """All products of powers of x and y up to a degree: what a line cannot tell apart, these may."""
    x, y = point
    return [x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)]


def logit(weights, inputs):
    return sum(w * x for w, x in zip(weights, inputs))


def evaluate(weights, examples):
    """The mean cross-entropy in nats, and the share of errors."""
    loss = errors = 0
    for inputs, label in examples:
        z = logit(weights, inputs)
        loss += max(z, 0) - z * label + math.log1p(math.exp(-abs(z)))
        errors += (z > 0) != (label == 1)
    return loss / len(examples), errors / len(examples)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--learning_rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, default=0)
    parser.add_argument("--weight_decay", type=float, default=0)
    parser.add_argument("--degree", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--artifacts", help="folder for checkpoints")
    parser.add_argument("--checkpoint", help="file to go on from")
    args = parser.parse_args()

    # The same data for every trial; the seed decides in which order they are seen.
    data = rings(random.Random(1), 900)
    examples = [(features(point, args.degree), label) for point, label in data]
    training, validation = examples[:600], examples[600:]

    weights = [0.0] * len(examples[0][0])
    velocity = [0.0] * len(weights)
    done = 0
    if args.checkpoint:
        with open(args.checkpoint) as file:
            done, weights, velocity = json.load(file)

    for epoch in range(done + 1, args.epochs + 1):
        order = list(range(len(training)))
        random.Random(args.seed * 1000 + epoch).shuffle(order)
        for i in order:
            inputs, label = training[i]
            z = logit(weights, inputs)
            error = 1 / (1 + math.exp(-max(-500, min(500, z)))) - label
            for k, x in enumerate(inputs):
                gradient = error * x + args.weight_decay * weights[k]
                velocity[k] = args.momentum * velocity[k] - args.learning_rate * gradient
                weights[k] += velocity[k]
        loss, share = evaluate(weights, validation)
        report = {"epoch": epoch, "validation_loss": loss, "validation_error": share}
        if args.artifacts:
            # A file of each epoch's own: the training runs on while this one may be read.
            report["checkpoint"] = os.path.join(args.artifacts, f"epoch-{epoch}.json")
            with open(report["checkpoint"], "w") as file:
                json.dump([epoch, weights, velocity], file)
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
