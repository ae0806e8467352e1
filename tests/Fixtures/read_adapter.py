#!/usr/bin/env python3
"""Reads an adapter that Attune has written as PEFT reads it, and holds Attune's logits against PyTorch's. By hand:

    attune logits --model MODEL --adapter ADAPTER --ids ids.json --out logits.safetensors
    tests/Fixtures/read_adapter.py MODEL ADAPTER ids.json logits.safetensors

Nothing of Attune's is used: safetensors are read by their specification, names and scale by PEFT's rules, the model is that of
make_fixtures.py in float64. MODEL is a folder of the Llama kind (llama, qwen2, mistral) in one file. Ends with code 1 where the adapter
lacks a tensor, has one too many, or the logits differ.
"""
import json
import pathlib
import re
import struct
import sys

import torch

import make_fixtures

TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
TOLERANCE = 1e-4


def read_safetensors(path):
    data = bytearray(path.read_bytes())
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(data[8 + size + t["data_offsets"][0]:8 + size + t["data_offsets"][1]], dtype=TYPES[t["dtype"]]).reshape(t["shape"]).double()
        for name, t in header.items()
    }


def targeted(module, targets):
    """PEFT: a string is a regular expression over the whole path; of a list, an entry is the path or its end."""
    if isinstance(targets, str):
        return re.fullmatch(targets, module) is not None
    return any(module == t or module.endswith("." + t) for t in targets)


def main(model, adapter, ids, logits):
    config = json.loads((model / "config.json").read_text())
    config.setdefault("rope_scaling", None)
    weights = read_safetensors(model / "model.safetensors")
    lora_config = json.loads((adapter / "adapter_config.json").read_text())
    lora = read_safetensors(adapter / "adapter_model.safetensors")
    assert lora_config["peft_type"] == "LORA" and not lora_config.get("use_rslora") and not lora_config.get("use_dora")

    modules = [n[:-len(".weight")] for n in weights if n.endswith("_proj.weight")]
    expected = {f"{make_fixtures.PEFT}{m}.lora_{side}.weight" for m in modules if targeted(m, lora_config["target_modules"]) for side in "AB"}
    if set(lora) != expected:
        print("missing:", sorted(expected - set(lora)), "\ntoo many:", sorted(set(lora) - expected))
        return 1

    make_fixtures.LAYERS, make_fixtures.HIDDEN = config["num_hidden_layers"], config["hidden_size"]
    make_fixtures.HEADS = config["num_attention_heads"]
    make_fixtures.ALPHA, make_fixtures.RANK = lora_config["lora_alpha"], lora_config["r"]
    tokens = torch.tensor(json.loads(ids.read_text()))
    wanted = make_fixtures.llama_logits(tokens, weights, lora, config)
    without = make_fixtures.llama_logits(tokens, weights, None, config)
    found = read_safetensors(logits)["logits"]
    error = ((found - wanted).abs().max() / wanted.abs().max()).item()
    print(f"{len(lora)} tensors of rank {lora_config['r']}, {len(tokens)} tokens: logits differ by {error:.1e} of the largest;"
          f" the adapter itself changes them by {((wanted - without).abs().max() / wanted.abs().max()).item():.1e}")
    return 0 if error < TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    with torch.no_grad():
        sys.exit(main(*(pathlib.Path(p) for p in sys.argv[1:])))
