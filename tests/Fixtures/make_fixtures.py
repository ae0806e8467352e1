#!/usr/bin/env python3
"""Makes the tiny checkpoints beside this file, with what PyTorch says about them. See README.md.

The models are stated here, in float64 and in as few operations as possible, after Hugging Face's conventions: one sequence at a time,
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
STEPS, LR, BETAS, EPS, DECAY = 5, 1e-3, (0.9, 0.999), 1e-6, 0.01
PEFT = "base_model.model."

COMMON = {
    "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
    "hidden_act": "silu", "hidden_size": HIDDEN, "initializer_range": 0.02, "intermediate_size": FFN, "mlp_bias": False, "model_type": "llama",
    "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "num_key_value_heads": KV_HEADS, "torch_dtype": "float32", "use_cache": True,
    "vocab_size": VOCAB,
}
QWEN2 = {key: value for key, value in COMMON.items() if key not in ("attention_bias", "mlp_bias")}
QWEN2.update(architectures=["Qwen2ForCausalLM"], max_position_embeddings=256, max_window_layers=LAYERS, model_type="qwen2", rms_norm_eps=1e-6,
             rope_scaling=None, rope_theta=1000000.0, sliding_window=256, use_mrope=False, use_sliding_window=False)
MISTRAL = {key: value for key, value in COMMON.items() if key not in ("attention_bias", "mlp_bias")}
MISTRAL.update(architectures=["MistralForCausalLM"], head_dim=6, max_position_embeddings=512, model_type="mistral", rms_norm_eps=1e-5, rope_scaling=None,
               rope_theta=10000.0, sliding_window=40, tie_word_embeddings=False)
QWEN3 = {key: value for key, value in COMMON.items() if key != "mlp_bias"}
QWEN3.update(architectures=["Qwen3ForCausalLM"], head_dim=10, max_position_embeddings=256, max_window_layers=LAYERS, model_type="qwen3", rms_norm_eps=1e-6,
             rope_scaling=None, rope_theta=1000000.0, sliding_window=None, tie_word_embeddings=True, use_sliding_window=False)
GPT2 = {
    "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1, "bos_token_id": 96, "embd_pdrop": 0.1, "eos_token_id": 96,
    "initializer_range": 0.02, "layer_norm_epsilon": 1e-5, "model_type": "gpt2", "n_ctx": 64, "n_embd": HIDDEN, "n_head": HEADS, "n_inner": None,
    "n_layer": LAYERS, "n_positions": 64, "reorder_and_upcast_attn": False, "resid_pdrop": 0.1, "scale_attn_by_inverse_layer_idx": False,
    "scale_attn_weights": True, "torch_dtype": "float32", "use_cache": True, "vocab_size": VOCAB,
}
# The untied Llama's rotary frequencies fall one each into the kept, the blended and the divided band of the scaling; the untied models' eps are large
# enough to be seen in the logits.
MODELS = {
    "llama-tied": dict(COMMON, max_position_embeddings=512, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=10000.0, tie_word_embeddings=True),
    "llama-untied": dict(
        COMMON, head_dim=6, max_position_embeddings=1024, rms_norm_eps=1e-3, rope_theta=500.0, tie_word_embeddings=False,
        rope_scaling={"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 128, "rope_type": "llama3"}),
    "qwen2-tied": dict(QWEN2, tie_word_embeddings=True),
    "qwen2-untied": dict(QWEN2, num_attention_heads=8, rms_norm_eps=1e-3, rope_theta=10000.0, tie_word_embeddings=False),
    "gpt2-tied": GPT2,
    "gpt2-untied": dict(GPT2, activation_function="gelu", layer_norm_epsilon=1e-2, n_inner=40, tie_word_embeddings=False),
    "qwen3": QWEN3,
    "mistral": MISTRAL,
    "mistral-window": dict(MISTRAL, sliding_window=5),
    "qwen2-window": dict(QWEN2, max_window_layers=1, sliding_window=3, tie_word_embeddings=True, use_sliding_window=True),
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


def layer_norm(x, weight, bias, eps):
    centred = x - x.mean(-1, keepdim=True)
    return weight * centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + eps) + bias


def gelu(x, name):
    if name == "gelu":
        return x * (1 + torch.erf(x / math.sqrt(2))) / 2
    return x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))) / 2


def linear(x, weights, lora, name):
    weight, bias = weights[name + ".weight"], weights.get(name + ".bias")
    y = x @ (weight if is_conv1d(name) else weight.T)
    if bias is not None:
        y = y + bias
    if lora is None:
        return y
    path = PEFT + name
    if path + ".lora_magnitude_vector" in lora:
        return dora(x, weight.T if is_conv1d(name) else weight, bias, lora, path)
    if path + ".lora_A.weight" in lora:
        a, b = (lora[f"{path}.lora_{m}.weight"] for m in "AB")
        y = y + (ALPHA / RANK) * (x @ a.T) @ b.T
    if path + ".ia3_l" in lora:
        scale = lora[path + ".ia3_l"]
        # Of the last layer of the MLP the input is rescaled, of all others what they give, their bias too.
        if is_down(name):
            y = (x * scale) @ (weight if is_conv1d(name) else weight.T) + (0 if bias is None else bias)
        else:
            y = y * scale.T
    return y


# Norms that stay as they are while a weight is moved by hand; empty otherwise.
HELD_NORMS = {}


def dora(x, weight, bias, lora, path):
    """The whole matrix made, row by row of length m: m * (W + s B A) / |W + s B A|, the norms constants for the gradient."""
    a, b = (lora[f"{path}.lora_{m}.weight"] for m in "AB")
    direction = weight + (ALPHA / RANK) * b @ a
    norm = HELD_NORMS.get(path, direction.detach().norm(dim=1))
    y = x @ (direction * (lora[path + ".lora_magnitude_vector"] / norm)[:, None]).T
    return y if bias is None else y + bias


def is_down(name):
    return name.endswith(("mlp.down_proj", "mlp.c_proj"))


def is_conv1d(name):
    """GPT-2's linear layers lie as [in, out]."""
    return name.rsplit(".", 1)[-1].startswith("c_")


def attend(q, k, v, window=None):
    """q [H, T, D], k and v [G, T, D] -> [T, H * D]; every token sees itself and all before it, or the last `window` of these."""
    k, v = (t.repeat_interleave(len(q) // len(k), dim=0) for t in (k, v))                # query head h reads key head h / (H / G)
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    future = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
    if window is not None:
        future |= torch.ones_like(future).tril(-window)                                  # key <= query - window
    mixed = scores.masked_fill(future, -math.inf).softmax(-1) @ v
    return mixed.transpose(0, 1).reshape(q.shape[1], -1)


def window_of(config, layer):
    """Mistral has its window in every layer, Qwen2 from a layer on and if it is switched on."""
    if config["model_type"] != "mistral" and not (config.get("use_sliding_window") and layer >= config["max_window_layers"]):
        return None
    return config["sliding_window"]


def heads(x, size):
    return x.view(len(x), -1, size).transpose(0, 1)


def llama_attention(x, weights, lora, path, config, window):
    size = head_size(config)
    q, k, v = (heads(linear(x, weights, lora, f"{path}.{m}_proj"), size) for m in "qkv")
    if config["model_type"] == "qwen3":
        q, k = (rms_norm(t, weights[f"{path}.{m}_norm.weight"], config["rms_norm_eps"]) for t, m in ((q, "q"), (k, "k")))
    frequency = rope_frequencies(config, size)
    return linear(attend(rotate(q, frequency), rotate(k, frequency), v, window), weights, lora, path + ".o_proj")


def llama_mlp(x, weights, lora, path):
    gate, up = (linear(x, weights, lora, f"{path}.{m}_proj") for m in ("gate", "up"))
    return linear(gate * torch.sigmoid(gate) * up, weights, lora, path + ".down_proj")


def llama_logits(ids, weights, lora, config):
    """Llama, Mistral; Qwen2, which differs by biases, and Qwen3, by norms of the heads."""
    eps, embedding = config["rms_norm_eps"], weights["model.embed_tokens.weight"]
    x = embedding[ids]
    for layer in range(LAYERS):
        path = f"model.layers.{layer}"
        n = rms_norm(x, weights[path + ".input_layernorm.weight"], eps)
        x = x + llama_attention(n, weights, lora, path + ".self_attn", config, window_of(config, layer))
        x = x + llama_mlp(rms_norm(x, weights[path + ".post_attention_layernorm.weight"], eps), weights, lora, path + ".mlp")
    head = embedding if config["tie_word_embeddings"] else weights["lm_head.weight"]
    return rms_norm(x, weights["model.norm.weight"], eps) @ head.T


def gpt2_logits(ids, weights, lora, config):
    def norm(x, path):
        return layer_norm(x, weights[path + ".weight"], weights[path + ".bias"], config["layer_norm_epsilon"])

    embedding = weights["transformer.wte.weight"]
    x = embedding[ids] + weights["transformer.wpe.weight"][:len(ids)]
    for layer in range(LAYERS):
        path = f"transformer.h.{layer}"
        fused = linear(norm(x, path + ".ln_1"), weights, lora, path + ".attn.c_attn")
        q, k, v = (heads(t, HIDDEN // HEADS) for t in fused.split(HIDDEN, dim=1))
        x = x + linear(attend(q, k, v), weights, lora, path + ".attn.c_proj")
        wide = gelu(linear(norm(x, path + ".ln_2"), weights, lora, path + ".mlp.c_fc"), config["activation_function"])
        x = x + linear(wide, weights, lora, path + ".mlp.c_proj")
    return norm(x, "transformer.ln_f") @ weights.get("lm_head.weight", embedding).T


def logits_of_sequence(ids, weights, lora, config):
    return (gpt2_logits if config["model_type"] == "gpt2" else llama_logits)(ids, weights, lora, config)


def logits_and_loss(batch, weights, lora, config):
    logits = torch.cat([logits_of_sequence(ids, weights, lora, config) for ids in batch["ids"].split(LENGTHS)])
    nll = -logits.log_softmax(-1)[torch.arange(len(logits)), batch["targets"]]
    return logits, (batch["weights"] * nll).sum() / batch["weights"].sum()


# ---- what is made ----------------------------------------------------------------------------------------------------------------------

def rounded(x):
    """Values that a file of F32 can hold, so that everybody starts from the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def head_size(config):
    return config.get("head_dim", HIDDEN // config["num_attention_heads"])


def llama_linears(config):
    """Name within a block -> (width out, width in)."""
    queries, keys = (config[f"num_{kind}_heads"] * head_size(config) for kind in ("attention", "key_value"))
    shapes = {"self_attn.q_proj": (queries, HIDDEN), "self_attn.k_proj": (keys, HIDDEN), "self_attn.v_proj": (keys, HIDDEN),
              "self_attn.o_proj": (HIDDEN, queries), "mlp.gate_proj": (FFN, HIDDEN), "mlp.up_proj": (FFN, HIDDEN), "mlp.down_proj": (HIDDEN, FFN)}
    return {f"model.layers.{layer}.": shapes for layer in range(LAYERS)}


def gpt2_linears(config):
    inner = config["n_inner"] or 4 * HIDDEN
    shapes = {"attn.c_attn": (3 * HIDDEN, HIDDEN), "attn.c_proj": (HIDDEN, HIDDEN), "mlp.c_fc": (inner, HIDDEN), "mlp.c_proj": (HIDDEN, inner)}
    return {f"transformer.h.{layer}.": shapes for layer in range(LAYERS)}


def linears(config):
    return (gpt2_linears if config["model_type"] == "gpt2" else llama_linears)(config)


def make_weights(config, random):
    def normal(*shape, scale):
        return rounded(scale * torch.randn(*shape, generator=random, dtype=torch.float64))

    gpt2, weights = config["model_type"] == "gpt2", {}

    def norm(path, width=HIDDEN):
        weights[path + ".weight"] = 1 + normal(width, scale=0.1)
        if gpt2:
            weights[path + ".bias"] = normal(width, scale=0.1)

    weights["transformer.wte.weight" if gpt2 else "model.embed_tokens.weight"] = normal(VOCAB, HIDDEN, scale=0.4)
    if gpt2:
        weights["transformer.wpe.weight"] = normal(config["n_positions"], HIDDEN, scale=0.2)
    norm("transformer.ln_f" if gpt2 else "model.norm")
    for block, shapes in linears(config).items():
        for name, (rows, columns) in shapes.items():
            weight = normal(rows, columns, scale=1.2 / math.sqrt(columns))
            weights[block + name + ".weight"] = weight.T if is_conv1d(name) else weight
            if gpt2 or config["model_type"] == "qwen2" and name[-6:] in ("q_proj", "k_proj", "v_proj"):
                weights[block + name + ".bias"] = normal(rows, scale=0.3)
        for name in ("ln_1", "ln_2") if gpt2 else ("input_layernorm", "post_attention_layernorm"):
            norm(block + name)
        if config["model_type"] == "qwen3":
            for name in ("q_norm", "k_norm"):
                norm(block + "self_attn." + name, config["head_dim"])
    if not config.get("tie_word_embeddings", True):
        weights["lm_head.weight"] = normal(VOCAB, HIDDEN, scale=0.4)
    return {name: rounded(w).contiguous() for name, w in weights.items()}


def make_lora(config, random):
    """Both matrices random: a freshly made adapter has B = 0, with which neither scale nor B's place would be seen."""
    lora = {}
    for block, shapes in linears(config).items():
        for name, (rows, columns) in shapes.items():
            path = PEFT + block + name
            lora[path + ".lora_A.weight"] = rounded(torch.randn(RANK, columns, generator=random, dtype=torch.float64) / math.sqrt(columns))
            lora[path + ".lora_B.weight"] = rounded(0.2 * torch.randn(rows, RANK, generator=random, dtype=torch.float64))
    return lora


def make_dora(config, weights, random):
    """LoRA's matrices, and magnitudes up to a third away from the norms that they begin as."""
    dora = make_lora(config, random)
    for path in {name.rsplit(".lora_", 1)[0] for name in dora}:
        weight = weights[path[len(PEFT):] + ".weight"]
        norms = (weight.T if is_conv1d(path) else weight).norm(dim=1)
        dora[path + ".lora_magnitude_vector"] = rounded(norms * (1 + (torch.rand(len(norms), generator=random, dtype=torch.float64) - 0.5) / 1.5))
    return {name: dora[name] for name in sorted(dora)}


def make_ia3(config, random):
    """Vectors around one: a row for inputs, a column for outputs."""
    vectors = {}
    for block, shapes in linears(config).items():
        for name, (rows, columns) in shapes.items():
            if name.rsplit(".", 1)[-1] in ("k_proj", "v_proj", "c_attn") or is_down(block + name):
                shape = (1, columns) if is_down(block + name) else (rows, 1)
                vectors[f"{PEFT}{block}{name}.ia3_l"] = rounded(1 + 0.3 * torch.randn(shape, generator=random, dtype=torch.float64))
    return vectors


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
        [{"params": [p for n, p in trained.items() if decays(n, p)], "weight_decay": DECAY},
         {"params": [p for n, p in trained.items() if not decays(n, p)], "weight_decay": 0.0}], lr=LR, betas=BETAS, eps=EPS)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = logits_and_loss(batch, *arguments)[1]
        loss.backward()
        optimizer.step()
    out.update({"after5." + name: p.detach().float() for name, p in trained.items()})
    print(f"  loss {out['loss'].item():.6f}, after {STEPS} steps {logits_and_loss(batch, *arguments)[1].item():.6f}; "
          f"logits' deviation {logits.std().item():.2f}; autograd against central differences {worst:.1e}")
    return {name: t.detach() for name, t in out.items()}


def decays(name, p):
    """Matrices do; norms, biases and vectors do not, though a file may hold a vector as a matrix of one row or column."""
    return p.dim() == 2 and not name.endswith(".ia3_l")


def hold_norms(arguments):
    """The norms of DoRA as they are now: what autograd takes for constants must be constants for the differences too."""
    weights, lora, _ = arguments
    HELD_NORMS.clear()
    for name in lora or ():
        if name.endswith(".lora_magnitude_vector"):
            path = name.rsplit(".", 1)[0]
            weight = weights[path[len(PEFT):] + ".weight"]
            a, b = (lora[f"{path}.lora_{m}.weight"] for m in "AB")
            HELD_NORMS[path] = ((weight.T if is_conv1d(path) else weight) + (ALPHA / RANK) * b @ a).norm(dim=1)


def check_gradients(batch, trained, gradients, arguments):
    """An independent statement: the largest of each gradient and two more elements against fourth-order central differences."""
    worst, h = 0.0, 1e-3
    with torch.no_grad():
        hold_norms(arguments)
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
    HELD_NORMS.clear()
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


def adapter_config(folder, config):
    names = {name.split(".")[1] for shapes in linears(config).values() for name in shapes}
    return {
        "alpha_pattern": {}, "auto_mapping": None, "base_model_name_or_path": folder, "bias": "none", "exclude_modules": None, "fan_in_fan_out": any(map(is_conv1d, names)),
        "inference_mode": True, "init_lora_weights": True, "layers_pattern": None, "layers_to_transform": None, "lora_alpha": ALPHA, "lora_dropout": 0.0,
        "modules_to_save": None, "peft_type": "LORA", "r": RANK, "rank_pattern": {}, "revision": None,
        "target_modules": sorted(names), "task_type": "CAUSAL_LM", "use_dora": False, "use_rslora": False,
    }


def dora_config(folder, config):
    return dict(adapter_config(folder, config), use_dora=True)


def ia3_config(folder, config):
    paths = sorted(name for shapes in linears(config).values() for name in shapes)
    down = sorted({name for name in paths if is_down(name)})
    targets = sorted({name for name in paths if name.rsplit(".", 1)[-1] in ("k_proj", "v_proj", "c_attn")}) + down
    return {
        "auto_mapping": None, "base_model_name_or_path": folder, "exclude_modules": None, "fan_in_fan_out": any(map(is_conv1d, paths)), "feedforward_modules": down,
        "inference_mode": True, "init_ia3_weights": True, "modules_to_save": None, "peft_type": "IA3", "revision": None, "target_modules": targets, "task_type": "CAUSAL_LM",
    }


# Models that have adapters of further kinds beside them: without biases, with them, and with layers that lie by inputs.
FURTHER = ["llama-tied", "qwen2-untied", "gpt2-tied"]


def save_adapter(folder, name, config, tensors, expected, trains):
    adapter = HERE / folder / name
    adapter.mkdir(parents=True, exist_ok=True)
    save_json(adapter / "adapter_config.json", config)
    save_safetensors(adapter / "adapter_model.safetensors", {n: w.float() for n, w in tensors.items()}, {"format": "pt"})
    save_safetensors(adapter / "expected.safetensors", expected, expected_metadata(trains))


def main():
    for seed, (folder, config) in enumerate(MODELS.items(), start=1):
        random = torch.Generator().manual_seed(seed)
        weights, batch = make_weights(config, random), make_batch(random)
        lora = make_lora(config, random)
        base = HERE / folder
        base.mkdir(parents=True, exist_ok=True)
        print(folder)
        save_json(base / "config.json", config)
        save_safetensors(base / "model.safetensors", {n: w.float() for n, w in weights.items()}, {"format": "pt"})
        save_safetensors(base / "expected.safetensors", expect(batch, weights, None, config), expected_metadata("parameters"))
        save_adapter(folder, "lora", adapter_config(folder, config), lora, expect(batch, weights, lora, config), "lora_A and lora_B, base frozen")
        if folder in FURTHER:
            made = make_dora(config, weights, random)
            save_adapter(folder, "dora", dora_config(folder, config), made, expect(batch, weights, made, config), "lora_A, lora_B and magnitudes, base frozen, norms constants")
            made = make_ia3(config, random)
            save_adapter(folder, "ia3", ia3_config(folder, config), made, expect(batch, weights, made, config), "vectors, base frozen")


if __name__ == "__main__":
    main()
