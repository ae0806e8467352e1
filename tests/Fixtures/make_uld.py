#!/usr/bin/env python3
"""Makes tests/Fixtures/uld.json: the sorted-probability loss between vocabularies of different sizes, with its gradient by PyTorch's autograd.

Formula: Boizard et al. 2024, "Towards cross-tokenizer distillation: the universal logit distillation loss for LLMs": the L1 distance of the
sorted probabilities, the shorter side padded with zeros; here at a temperature T, and times T squared.
Run from the repository's root: python3 tests/Fixtures/make_uld.py
"""
import json

import torch

torch.manual_seed(17)
cases = []
for student, teacher, temperature in [(13, 9, 1.0), (9, 13, 1.0), (11, 11, 1.6), (7, 24, 0.7)]:
    z = (2 * torch.randn(3, student, dtype=torch.float64)).float().double().requires_grad_(True)
    other = (2 * torch.randn(3, teacher, dtype=torch.float64)).float().double()
    size = max(student, teacher)
    pad = lambda p: torch.nn.functional.pad(p, (0, size - p.shape[-1]))
    q = pad(torch.softmax(z / temperature, -1).sort(-1, descending=True).values)
    p = pad(torch.softmax(other / temperature, -1).sort(-1, descending=True).values)
    loss = temperature**2 * (p - q).abs().sum(-1)
    loss.sum().backward()
    cases.append({
        "temperature": temperature, "student": z.tolist(), "teacher": other.tolist(), "loss": loss.tolist(), "gradient": z.grad.tolist(),
    })
with open("tests/Fixtures/uld.json", "w") as f:
    json.dump(cases, f, indent=1)
    f.write("\n")
