#!/usr/bin/env python3
"""Makes the tiny Llama checkpoints beside this file, with what PyTorch says about them. See README.md.

The model is stated here, in float64 and in as few operations as possible, after Hugging Face's conventions: one sequence at a time,
without packing, caching or fusing. Nothing is imported but PyTorch (with NumPy, which it needs), so any version from 1.13 will do.
"""
import json
import math
import pathlib
import struct

import torch

HERE = pathlib.Path(__file__).resolve().parent
VOCAB, HIDDEN, FFN, LAYERS, HEADS, KV_HEADS = 97, 32, 48, 2, 4, 2
RANK, ALPHA = 4, 8
LENGTHS = [9, 1, 14]                      # a sequence of one token is legal
LINEARS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
STEPS, LR, BETAS, EPS, DECAY = 5, 1e-3, (0.9, 0.999), 1e-6, 0.01
PEFT = "base_model.model."

COMMON = {
    "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
    "hidden_act": "silu", "hidden_size": HIDDEN, "initializer_range": 0.02, "intermediate_size": FFN, "mlp_bias": False, "model_type": "llama",
    "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "num_key_value_heads": KV_HEADS, "torch_dtype": "float32", "use_cache": True,
    "vocab_size": VOCAB,
}
# The second model's rotary frequencies fall one each into the kept, the blended and the divided band of the scaling, and its eps is large enough
# to be seen in the logits.
MODELS = {
    "llama-tied": dict(COMMON, max_position_embeddings=512, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=10000.0, tie_word_embeddings=True),
    "llama-untied": dict(
        COMMON, head_dim=6, max_position_embeddings=1024, rms_norm_eps=1e-3, rope_theta=500.0, tie_word_embeddings=False,
        rope_scaling={"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 128, "rope_type": "llama3"}),
}


# ---- the model -------------------------------------------------------------------------------------------------------------------------

def rope_frequencies(config, size):
    """Radians per position for each of size/2 pairs, with Llama 3's scaling where the configuration has it."""
    frequency = config["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    scaling = config["rope_scaling"]
    if scaling is None:
        return frequency
    factor, low, high = scaling["factor"], scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequency / (2 * math.pi)      # over the original context
    blend = ((turns - low) / (high - low)).clamp(0, 1)                                   # 0: divide, 1: keep
    return (1 - blend) * frequency / factor + blend * frequency


def rotate(x, frequency):
    """x [heads, T, size]: pair (i, i + size/2) is turned by position * frequency[i]."""
    angle = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * frequency
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angle.cos() - b * angle.sin(), b * angle.cos() + a * angle.sin()], dim=-1)


def rms_norm(x, weight, eps):
    return weight * x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


def linear(x, weights, lora, name):
    y = x @ weights[name + ".weight"].T
    if lora is not None:
        a, b = (lora[f"{PEFT}{name}.lora_{m}.weight"] for m in "AB")
        y = y + (ALPHA / RANK) * (x @ a.T) @ b.T
    return y


def attention(x, weights, lora, path, config):
    size = config.get("head_dim", HIDDEN // HEADS)
    q, k, v = (linear(x, weights, lora, f"{path}.{m}_proj").view(len(x), -1, size).transpose(0, 1) for m in "qkv")
    frequency = rope_frequencies(config, size)
    q, k = rotate(q, frequency), rotate(k, frequency)
    k, v = (t.repeat_interleave(HEADS // KV_HEADS, dim=0) for t in (k, v))               # query head h reads key head h / 2
    scores = q @ k.transpose(1, 2) / math.sqrt(size)
    future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    mixed = scores.masked_fill(future, -math.inf).softmax(-1) @ v
    return linear(mixed.transpose(0, 1).reshape(len(x), -1), weights, lora, path + ".o_proj")


def mlp(x, weights, lora, path):
    gate, up = (linear(x, weights, lora, f"{path}.{m}_proj") for m in ("gate", "up"))
    return linear(gate * torch.sigmoid(gate) * up, weights, lora, path + ".down_proj")


def logits_of_sequence(ids, weights, lora, config):
    eps, embedding = config["rms_norm_eps"], weights["model.embed_tokens.weight"]
    x = embedding[ids]
    for layer in range(LAYERS):
        path = f"model.layers.{layer}"
        x = x + attention(rms_norm(x, weights[path + ".input_layernorm.weight"], eps), weights, lora, path + ".self_attn", config)
        x = x + mlp(rms_norm(x, weights[path + ".post_attention_layernorm.weight"], eps), weights, lora, path + ".mlp")
    head = embedding if config["tie_word_embeddings"] else weights["lm_head.weight"]
    return rms_norm(x, weights["model.norm.weight"], eps) @ head.T


def logits_and_loss(batch, weights, lora, config):
    logits = torch.cat([logits_of_sequence(ids, weights, lora, config) for ids in batch["ids"].split(LENGTHS)])
    nll = -logits.log_softmax(-1)[torch.arange(len(logits)), batch["targets"]]
    return logits, (batch["weights"] * nll).sum() / batch["weights"].sum()


# ---- what is made ----------------------------------------------------------------------------------------------------------------------

def rounded(x):
    """Values that a file of F32 can hold, so that everybody starts from the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def make_weights(config, random):
    def normal(*shape, scale):
        return rounded(scale * torch.randn(*shape, generator=random, dtype=torch.float64))

    size = config.get("head_dim", HIDDEN // HEADS)
    shapes = {"q_proj": (HEADS * size, HIDDEN), "k_proj": (KV_HEADS * size, HIDDEN), "v_proj": (KV_HEADS * size, HIDDEN),
              "o_proj": (HIDDEN, HEADS * size), "gate_proj": (FFN, HIDDEN), "up_proj": (FFN, HIDDEN), "down_proj": (HIDDEN, FFN)}
    weights = {"model.embed_tokens.weight": normal(VOCAB, HIDDEN, scale=0.4), "model.norm.weight": 1 + normal(HIDDEN, scale=0.1)}
    for layer in range(LAYERS):
        path = f"model.layers.{layer}."
        for name in LINEARS:
            shape = shapes[name.split(".")[1]]
            weights[path + name + ".weight"] = normal(*shape, scale=1.2 / math.sqrt(shape[1]))
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[path + norm + ".weight"] = 1 + normal(HIDDEN, scale=0.1)
    if not config["tie_word_embeddings"]:
        weights["lm_head.weight"] = normal(VOCAB, HIDDEN, scale=0.4)
    return {name: rounded(w) for name, w in weights.items()}


def make_lora(weights, random):
    """Both matrices random: a freshly made adapter has B = 0, with which neither scale nor B's place would be seen."""
    lora = {}
    for layer in range(LAYERS):
        for name in LINEARS:
            rows, columns = weights[f"model.layers.{layer}.{name}.weight"].shape
            path = f"{PEFT}model.layers.{layer}.{name}"
            lora[path + ".lora_A.weight"] = rounded(torch.randn(RANK, columns, generator=random, dtype=torch.float64) / math.sqrt(columns))
            lora[path + ".lora_B.weight"] = rounded(0.2 * torch.randn(rows, RANK, generator=random, dtype=torch.float64))
    return lora


def make_batch(random):
    """Targets are the next ids, as in training; the last of a sequence is any id. Weights are 0 for a quarter of the rows, else 0.5, 1 or 2."""
    total = sum(LENGTHS)
    ids = torch.randint(3, VOCAB, (total,), generator=random)
    targets = torch.randint(3, VOCAB, (total,), generator=random)
    for t, i in zip(targets.split(LENGTHS), ids.split(LENGTHS)):
        t[:-1] = i[1:]
    choices = torch.tensor([0, 0.5, 1, 2], dtype=torch.float64)
    return {"ids": ids, "targets": targets, "weights": choices[torch.randint(0, 4, (total,), generator=random)]}


def expect(batch, weights, lora, config):
    """Logits, loss, gradients and five AdamW steps of whatever trains: the adapter where there is one, else every weight."""
    trained = {name: w.clone().requires_grad_() for name, w in (lora or weights).items()}
    arguments = (weights, trained, config) if lora else (trained, None, config)
    logits, loss = logits_and_loss(batch, *arguments)
    gradients = dict(zip(trained, torch.autograd.grad(loss, list(trained.values()))))
    worst = check_gradients(batch, trained, gradients, arguments)

    out = {"ids": batch["ids"].int(), "lengths": torch.tensor(LENGTHS, dtype=torch.int32), "targets": batch["targets"].int(),
           "weights": batch["weights"].float(), "logits": logits.float(), "loss": loss}
    out.update({"grad." + name: g.float() for name, g in gradients.items()})

    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained.values() if p.dim() == 2], "weight_decay": DECAY},
         {"params": [p for p in trained.values() if p.dim() != 2], "weight_decay": 0.0}], lr=LR, betas=BETAS, eps=EPS)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = logits_and_loss(batch, *arguments)[1]
        loss.backward()
        optimizer.step()
    out.update({"after5." + name: p.detach().float() for name, p in trained.items()})
    print(f"  loss {out['loss'].item():.6f}, after {STEPS} steps {logits_and_loss(batch, *arguments)[1].item():.6f}; "
          f"logits' deviation {logits.std().item():.2f}; autograd against central differences {worst:.1e}")
    return {name: t.detach() for name, t in out.items()}


def check_gradients(batch, trained, gradients, arguments):
    """An independent statement: the largest of each gradient and two more elements against fourth-order central differences."""
    worst, h = 0.0, 1e-3
    with torch.no_grad():
        for name, p in trained.items():
            flat, g = p.view(-1), gradients[name].reshape(-1)
            for i in {g.abs().argmax().item(), 0, len(flat) - 1}:
                old, around = flat[i].item(), []
                for k in (-2, -1, 1, 2):
                    flat[i] = old + k * h
                    around.append(logits_and_loss(batch, *arguments)[1].item())
                flat[i] = old
                numeric = (around[0] - 8 * around[1] + 8 * around[2] - around[3]) / (12 * h)
                error = abs(numeric - g[i].item()) / max(1e-3, abs(numeric))
                assert error < 1e-6, f"{name}[{i}]: autograd {g[i].item()}, differences {numeric}"
                worst = max(worst, error)
    return worst


# ---- files -----------------------------------------------------------------------------------------------------------------------------

def save_safetensors(path, tensors, metadata):
    names = {torch.float64: "F64", torch.float32: "F32", torch.int32: "I32"}
    header, data = {"__metadata__": metadata}, b""
    for name in sorted(tensors):
        raw = tensors[name].contiguous().numpy().tobytes()
        header[name] = {"dtype": names[tensors[name].dtype], "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def save_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def expected_metadata(trains):
    return {
        "format": "pt",
        "batch": "ids are packed sequences of the given lengths; each attends to itself only, positions begin at 0",
        "loss": "sum(weights * cross_entropy(logits, targets)) / sum(weights)",
        "grad": f"d(loss)/d({trains}) before the first step, no clipping",
        "after5": f"{trains} after {STEPS} steps of torch.optim.AdamW on this batch: lr {LR}, betas {BETAS[0]} and {BETAS[1]}, eps {EPS}, bias correction, "
                  f"decoupled weight decay {DECAY} on tensors of rank 2 (embedding, head and LoRA too), none on norms; no clipping, constant lr",
        "precision": "computed in float64 from the checkpoint's F32 values, stored rounded to F32; the loss is stored as F64",
    }


def adapter_config(folder):
    return {
        "alpha_pattern": {}, "auto_mapping": None, "base_model_name_or_path": folder, "bias": "none", "exclude_modules": None, "fan_in_fan_out": False,
        "inference_mode": True, "init_lora_weights": True, "layers_pattern": None, "layers_to_transform": None, "lora_alpha": ALPHA, "lora_dropout": 0.0,
        "modules_to_save": None, "peft_type": "LORA", "r": RANK, "rank_pattern": {}, "revision": None,
        "target_modules": sorted(name.split(".")[1] for name in LINEARS), "task_type": "CAUSAL_LM", "use_dora": False, "use_rslora": False,
    }


def main():
    for seed, (folder, config) in enumerate(MODELS.items(), start=1):
        random = torch.Generator().manual_seed(seed)
        weights, batch = make_weights(config, random), make_batch(random)
        lora = make_lora(weights, random)
        base, adapter = HERE / folder, HERE / folder / "lora"
        adapter.mkdir(parents=True, exist_ok=True)
        print(folder)
        save_json(base / "config.json", config)
        save_safetensors(base / "model.safetensors", {n: w.float() for n, w in weights.items()}, {"format": "pt"})
        save_safetensors(base / "expected.safetensors", expect(batch, weights, None, config), expected_metadata("parameters"))
        save_json(adapter / "adapter_config.json", adapter_config(folder))
        save_safetensors(adapter / "adapter_model.safetensors", {n: w.float() for n, w in lora.items()}, {"format": "pt"})
        save_safetensors(adapter / "expected.safetensors", expect(batch, weights, lora, config), expected_metadata("lora_A and lora_B, base frozen"))


if __name__ == "__main__":
    main()
