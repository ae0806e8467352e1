#!/usr/bin/env python3
"""PyTorch on real instruction rows: LoRA (rank 16, every linear layer) of a random model in W1's shape, forward, backward, clipping, AdamW.

  python3 torch_instruct.py --rows rows.jsonl --layout padded|packed --dtype fp32|bf16|bf16w [--kernel eager] [--steps 200] [--max-seconds 60]

rows.jsonl holds one row a line, {"ids": [...], "trained": [0, 1, ...]}, as `bench/Attune.Bench --export` writes it: the tokens are
Attune's, so that both sides train on the very same. Only tokens with trained = 1 count in the loss.
  padded  batches of --batch rows, shuffled, padded to the batch's longest; causal attention, the padding behind the rows
  packed  steps of at most --budget tokens, rows one behind the other in shuffled order, attention within each row
One JSON line: real tokens (no padding) a second over all timed steps, the largest resident memory.
Needs peer_models.py, which defines the model and is found in --peers.
"""
import argparse
import json
import os
import random
import resource
import sys
import time


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--rows", required=True)
    p.add_argument("--layout", choices=["padded", "packed"], default="padded")
    p.add_argument("--dtype", choices=["fp32", "bf16", "bf16w"], default="bf16", help="bf16: autocast; bf16w: frozen weights stored in BF16 besides")
    p.add_argument("--kernel", choices=["fused", "fused-f32", "eager"], default="fused",
                   help="attention: PyTorch's fused kernel, the same on F32 copies, or two products and a softmax; which is fastest depends on the processor")
    p.add_argument("--shape", default="smollm2-135m")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--budget", type=int, default=2048)
    p.add_argument("--steps", type=int, default=200)
    p.add_argument("--warmup", type=int, default=1)
    p.add_argument("--max-seconds", type=float, default=60, help="ends after the step that passes this, counted from the first timed step")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--attention", choices=["mask", "loop"], default="loop", help="packed: one masked call, or one call a row")
    p.add_argument("--peers", default="/peers", help="folder of peer_models.py")
    return p.parse_args()


a = arguments()
sys.path.insert(0, a.peers)
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import peer_models as pm  # noqa: E402


def pin(threads):
    """The main thread on the first processor, the pool's on the others: threads that wander cost PyTorch a tenth."""
    torch.set_num_threads(threads)
    if threads < 2:
        return
    warm = torch.randn(1024, 1024)
    (warm @ warm).sum()
    cpus = sorted(os.sched_getaffinity(0))
    for task in map(int, os.listdir("/proc/self/task")):
        os.sched_setaffinity(task, {cpus[0]} if task == os.getpid() else set(cpus[1:]))


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        return [(row["ids"], row["trained"]) for row in map(json.loads, file)]


def epochs(rows, seed=1):
    """Rows in shuffled order, epoch after epoch."""
    order, draw = list(rows), random.Random(seed)
    while True:
        draw.shuffle(order)
        yield from order


def padded_steps(rows):
    source = epochs(rows)
    while True:
        batch = [next(source) for _ in range(a.batch)]
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.zeros(a.batch, longest, dtype=torch.long)
        labels = torch.full((a.batch, longest), -100)
        for i, (tokens, trained) in enumerate(batch):
            ids[i, :len(tokens)] = torch.tensor(tokens)
            labels[i, :len(tokens)] = torch.where(torch.tensor(trained) > 0, torch.tensor(tokens), -100)
        yield ids, labels, None, sum(len(tokens) for tokens, _ in batch)


def packed_steps(rows):
    source = epochs(rows)
    waiting = next(source)
    while True:
        chosen, room = [], a.budget
        while len(waiting[0]) <= room:
            chosen.append(waiting)
            room -= len(waiting[0])
            waiting = next(source)
        ids = torch.tensor([[t for tokens, _ in chosen for t in tokens]])
        # The first token of a row follows nothing.
        labels = torch.tensor([[t if on and i > 0 else -100 for tokens, trained in chosen for i, (t, on) in enumerate(zip(tokens, trained))]])
        yield ids, labels, [len(tokens) for tokens, _ in chosen], ids.shape[1]


def attention(q, k, v, mask=None):
    """Causal within the whole, or what the mask lets through."""
    if a.kernel == "fused":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
    if a.kernel == "fused-f32":
        with torch.autocast("cpu", enabled=False):
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=mask, is_causal=mask is None).to(q.dtype)
    scores = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5
    if mask is None:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return F.softmax(scores.masked_fill(~mask, float("-inf")), -1, dtype=torch.float32).to(v.dtype) @ v


def block_mask(lengths):
    return torch.block_diag(*[torch.ones(n, n).tril() for n in lengths]).bool()


class Packed:
    """Attention within rows and positions that begin anew with each, in place of pm.attend and the model's tables."""

    def __init__(self, model):
        self.model, self.lengths, self.mask = model, None, None
        self.cos, self.sin = pm.rope_tables(model.c, 4096)
        pm.attend = self.attend

    def begin(self, lengths):
        self.lengths = lengths
        self.mask = block_mask(lengths) if a.attention == "mask" else None
        places = torch.cat([torch.arange(n) for n in lengths])
        self.model.cos, self.model.sin = self.cos[places], self.sin[places]

    def attend(self, q, k, v, _):
        if self.mask is not None:
            return attention(q, k, v, self.mask)
        parts = zip(q.split(self.lengths, 2), k.split(self.lengths, 2), v.split(self.lengths, 2))
        return torch.cat([attention(*part) for part in parts], 2)


def main():
    pin(a.threads)
    rows = read_rows(a.rows)
    torch.manual_seed(0)
    pm.attend = lambda q, k, v, _: attention(q, k, v)
    model = pm.build(a.shape, "sdpa")
    model = pm.add_lora(model.to(torch.bfloat16) if a.dtype == "bf16w" else model)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0)
    packed = Packed(model) if a.layout == "packed" else None
    steps = packed_steps(rows) if packed else padded_steps(rows)
    tokens, counted, wide, losses, begun = 0, 0, 0, [], 0.0
    for number in range(a.warmup + a.steps):
        if number == a.warmup:
            begun = time.perf_counter()
        ids, labels, lengths, real = next(steps)
        if packed:
            packed.begin(lengths)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.dtype != "fp32"):
            loss = model(ids, labels=labels)[0]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if number >= a.warmup:
            tokens, counted, wide = tokens + real, counted + 1, wide + ids.numel()
            if time.perf_counter() - begun > a.max_seconds:
                break
    seconds = time.perf_counter() - begun
    print(json.dumps({
        "peer": "torch", "torch": torch.__version__, "shape": a.shape, "layout": a.layout, "dtype": a.dtype, "threads": a.threads,
        "kernel": a.kernel, "attention": a.attention if packed else "causal", "steps": counted, "tokens": tokens, "seconds": round(seconds, 2),
        "tokens_per_s": round(tokens / seconds, 1), "filled": round(tokens / wide, 3),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "losses": [round(x, 3) for x in losses[:2]]}))


main()
