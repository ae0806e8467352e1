#!/usr/bin/env python3
"""Makes tests/Fixtures/distill.json: losses of distillation and their gradients, computed by PyTorch in float64.

KL by torch.nn.functional.kl_div, cross-entropy by torch.nn.functional.cross_entropy, gradients by autograd. Formulas: Hinton et al. 2015
(temperature, T squared), Agarwal et al. 2024 (generalised Jensen-Shannon), Ko et al. 2024 (skew KL and skew reverse KL). Hidden states by
torch.nn.functional.mse_loss and cosine_similarity after a linear layer (Romero et al. 2015, Jiao et al. 2020).
Run where PyTorch is (Debian's python3-torch), from the repository's root: python3 tests/Fixtures/make_distill.py
"""
import json
import struct

import torch
import torch.nn.functional as F

ROWS, STUDENT, SHARED = 5, 13, 11


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def made(rows, cols, seed, size):
    """Numbers that are exact in binary32: a linear congruential generator."""
    state, values = seed, []
    for _ in range(rows * cols):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(f32(((state >> 16) - 32768) / 32768 * size))
    return torch.tensor(values, dtype=torch.float64).reshape(rows, cols)


def kl(of, to):
    """KL(of | to) by row, from log-probabilities."""
    return F.kl_div(to, of, reduction="none", log_target=True).sum(-1)


def mixed(first, second, share):
    """ln(share * e^first + (1 - share) * e^second)."""
    return (share * first.exp() + (1 - share) * second.exp()).log()


DIVERGENCES = {
    "forward-kl": lambda p, q, _: kl(p, q),
    "reverse-kl": lambda p, q, _: kl(q, p),
    "js": lambda p, q, beta: beta * kl(p, mixed(p, q, beta)) + (1 - beta) * kl(q, mixed(p, q, beta)),
    "skew-kl": lambda p, q, alpha: kl(p, mixed(p, q, alpha)),
    "skew-reverse-kl": lambda p, q, alpha: kl(q, mixed(q, p, alpha)),
}


def hidden():
    """Rows of width 3 through a projection to width 4, or of width 4 as they are, against rows of width 4."""
    x, p, t = made(ROWS, 3, 3, 2.0), made(3, 4, 4, 1.0), made(ROWS, 4, 5, 3.0)
    weights = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0], dtype=torch.float64)
    cases = []
    for name, rows, projection in [("mse", x, p), ("cosine", x, p), ("mse", made(ROWS, 4, 6, 2.0), None), ("cosine", made(ROWS, 4, 6, 2.0), None)]:
        rows = rows.clone().requires_grad_(True)
        linear = None if projection is None else projection.clone().requires_grad_(True)
        y = rows if linear is None else F.linear(rows, linear.T)
        apart = (F.mse_loss(y, t, reduction="none").sum(-1) / t.square().sum(-1)) if name == "mse" else 1 - F.cosine_similarity(y, t, dim=-1)
        loss = weights * apart
        loss.sum().backward()
        cases.append({
            "distance": name, "rows": rows.flatten().tolist(), "projection": None if linear is None else linear.flatten().tolist(),
            "losses": loss.tolist(), "row_gradients": rows.grad.flatten().tolist(),
            "projection_gradients": None if linear is None else linear.grad.flatten().tolist(),
        })
    return {"targets": t.flatten().tolist(), "weights": weights.tolist(), "cases": cases}


def main():
    logits, teacher = made(ROWS, STUDENT, 1, 6.0), made(ROWS, SHARED, 2, 5.0)
    targets = torch.tensor([3, 0, 12, 10, 7])
    weights = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0], dtype=torch.float64)
    cases = []
    for name, divergence in DIVERGENCES.items():
        for parameter, temperature, labels in [(0.1, 1.0, 0.0), (0.5, 2.0, 0.25), (0.75, 0.5, 0.5)]:
            z = logits.clone().requires_grad_(True)
            p, q = F.log_softmax(teacher / temperature, -1), F.log_softmax(z[:, :SHARED] / temperature, -1)
            loss = weights * (
                labels * F.cross_entropy(z, targets, reduction="none") + (1 - labels) * temperature**2 * divergence(p, q, parameter))
            loss.sum().backward()
            cases.append({
                "divergence": name, "parameter": parameter, "temperature": temperature, "label_weight": labels,
                "losses": loss.tolist(), "gradients": z.grad.flatten().tolist(),
            })
    with open("tests/Fixtures/distill.json", "w", encoding="utf-8") as out:
        json.dump({
            "rows": ROWS, "vocabulary": STUDENT, "shared": SHARED, "logits": logits.flatten().tolist(), "teacher": teacher.flatten().tolist(),
            "targets": targets.tolist(), "weights": weights.tolist(), "cases": cases, "hidden": hidden(),
        }, out)
        out.write("\n")


main()
