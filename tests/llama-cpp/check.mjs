// Opens every file that attune exports in llama.cpp (node-llama-cpp, prebuilt, CPU) and holds what it computes against Attune:
//   - the same ids for the same prompts (llama.cpp's own tokenizer);
//   - the same greedily written ids, five prompts of 64 tokens, where the format is lossless;
//   - the loss of Attune's own continuations by both, for every format;
//   - a LoRA adapter as GGUF, applied to its base, against Attune's base with the adapter and against the merged file.
// Usage: node check.mjs [--stories FOLDER]      (see README.md; the models of FOLDER are optional)
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { getLlama } from "node-llama-cpp";

const here = import.meta.dirname, root = path.resolve(here, "../..");
const work = path.join(here, "work");
const program = path.join(root, "src/Attune.Cli/bin/Release/net10.0/Attune.Cli.dll");
const storiesAt = process.argv.indexOf("--stories");
const stories = storiesAt > 0 ? process.argv[storiesAt + 1] : null;
const support = path.join(root, "recipes/data/support/valid.jsonl");

const prompts = ["Once upon a time", "The cat and the dog", "My order 51724 has not arrived.", "What is 2 + 3?\nIt is", "   Blanks, naïve words & signs: (a) 1,000!"];
// tinystories-656K has no byte tokens, without which llama.cpp ends at the first character that the vocabulary lacks.
const simple = ["Once upon a time", "The cat and the dog", "One day, Tom saw", "Lily was very happy.\nShe", "Mum said, \"No!\""];
const formats = ["f32", "bf16", "f16", "q8_0", "q4_0", "q4_k_m"];
const steps = 64;
// Largest change of the mean loss, in nats, that the format's rounding explains on models of this size.
const bounds = { f32: 1e-3, lora: 1e-3, bf16: 0.02, f16: 0.02, q8_0: 0.03, q4_0: 0.6, q4_k_m: 0.4 };

const attune = (...args) => execFileSync("dotnet", [program, ...args], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });

fs.rmSync(work, { recursive: true, force: true });
fs.mkdirSync(work);

/** What Attune writes after each prompt: [{ prompt, prompt_ids, ids, reason }]. */
function written(model, adapter, asked = prompts) {
    const list = path.join(work, "prompts.jsonl");
    fs.writeFileSync(list, asked.map(p => JSON.stringify(p) + "\n").join(""));
    return JSON.parse(attune("generate", "--model", model, ...(adapter ? ["--adapter", adapter] : []), "--prompts", list, "--raw", "--max-new-tokens", String(steps), "--json"));
}

/** Mean −ln p of Attune's continuations by Attune itself, from `attune logits`. */
function lossByAttune(model, adapter, texts) {
    let sum = 0, count = 0;
    for (const t of texts) {
        const ids = [...t.prompt_ids, ...t.ids], file = path.join(work, "ids.json"), out = path.join(work, "logits.safetensors");
        fs.writeFileSync(file, JSON.stringify(ids));
        attune("logits", "--model", model, ...(adapter ? ["--adapter", adapter] : []), "--ids", file, "--out", out);
        const bytes = fs.readFileSync(out), start = 8 + Number(bytes.readBigUInt64LE(0));
        const header = JSON.parse(bytes.subarray(8, start)), vocabulary = header.logits.shape[1];
        const z = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start + header.logits.data_offsets[0], bytes.byteOffset + start + header.logits.data_offsets[1]));
        for (let i = t.prompt_ids.length - 1; i + 1 < ids.length; i++) {
            const row = z.subarray(i * vocabulary, (i + 1) * vocabulary), top = row.reduce((a, b) => Math.max(a, b));
            sum += top + Math.log(row.reduce((a, x) => a + Math.exp(x - top), 0)) - row[ids[i + 1]];
            count++;
        }
    }
    return sum / count;
}

const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });

/** What llama.cpp makes of the same texts: prompts read alike, continuations chosen alike, mean −ln p of the continuations. */
async function byLlama(file, texts, lora) {
    const model = await llama.loadModel({ modelPath: file });
    const context = await model.createContext({
        threads: 1, contextSize: 192, experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
        ...(lora ? { lora: { adapters: [{ filePath: lora, scale: 1 }] } } : {}),
    });
    let alike = 0, same = 0, sum = 0, count = 0;
    for (const t of texts) {
        const bos = model.tokens.shouldPrependBosToken && model.tokens.bos != null ? [model.tokens.bos] : [];
        const own = [...bos, ...model.tokenize(t.prompt, true)];
        if (JSON.stringify(own) === JSON.stringify(t.prompt_ids)) alike++;
        else console.error(`  ${path.basename(file)}: "${t.prompt}" is ${own} to llama.cpp, ${t.prompt_ids} to Attune`);
        const ids = [...t.prompt_ids, ...t.ids], sequence = context.getSequence();
        const wanted = i => i >= t.prompt_ids.length - 1 && i + 1 < ids.length;
        const result = await sequence.controlledEvaluate(ids.map((id, i) => wanted(i) ? [id, { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } }] : id));
        let every = true;
        for (let i = 0; i < ids.length; i++) {
            if (!wanted(i)) continue;
            const chances = result[i].next.probabilities;
            let best = -1, most = -1;
            for (const [token, p] of chances) if (p > most) [best, most] = [token, p];
            every &&= best === ids[i + 1];
            sum -= Math.log(chances.get(ids[i + 1]) ?? 0);
            count++;
        }
        same += every ? 1 : 0;
        await sequence.dispose();
    }
    await context.dispose();
    await model.dispose();
    return { alike, same, loss: sum / count };
}

const table = [];
let failed = false;
function row(name, format, lossless, attuneLoss, r, n) {
    const change = r.loss - attuneLoss, holds = r.alike === n && (!lossless || r.same === n) && Math.abs(change) <= bounds[format];
    failed ||= !holds;
    console.error(`${name} ${format}: ${holds ? "holds" : "DOES NOT HOLD"}`);
    table.push([name, format, `${r.alike} of ${n}`, `${r.same} of ${n}`, attuneLoss.toFixed(5), r.loss.toFixed(5), (change >= 0 ? "+" : "−") + Math.abs(change).toFixed(5), holds ? "holds" : "DOES NOT HOLD"]);
}

async function checkModel(name, folder, isBF16, asked = prompts) {
    const texts = written(folder, null, asked), loss = lossByAttune(folder, null, texts);
    for (const format of formats) {
        const file = path.join(work, `${name}-${format}.gguf`);
        attune("export", "--model", folder, "--format", `gguf:${format}`, "--out", file);
        const lossless = format === "f32" || (isBF16 && format === "bf16");
        row(name, format, lossless, loss, await byLlama(file, texts), texts.length);
    }
}

/** A tiny model of a family with random weights, moved a little by training, with a tokenizer of its own. */
function tiny(family, config) {
    const folder = path.join(work, `${family}-configuration`), run = path.join(work, `${family}-run`);
    attune("tokenizer", "train", "--data", support, "--vocab", "384", "--out", folder);
    fs.writeFileSync(path.join(folder, "config.json"), JSON.stringify({ vocab_size: 384, initializer_range: 0.08, torch_dtype: "float32", bos_token_id: null, eos_token_id: 0, ...config }));
    attune("train", "--model", folder, "--data", support, "--from-scratch", "true", "--template", "chatml", "--method", "full", "--max-steps", "12", "--batch-tokens", "512", "--learning-rate", "0.003",
        "--eval-rows", "0", "--general", "none", "--output", run, "--quiet");
    return path.join(run, "model");
}

const base = path.join(root, "models/attune-base");
await checkModel("attune-base", base, true);
if (stories !== null)
    for (const name of ["stories260K", "tinystories-656K"])
        await checkModel(name, path.join(stories, name), false, simple);
await checkModel("tiny-qwen2", tiny("qwen2", {
    architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", hidden_size: 64, intermediate_size: 96, num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2,
    max_position_embeddings: 256, rms_norm_eps: 1e-6, rope_theta: 1e6, hidden_act: "silu", tie_word_embeddings: false }), false);
await checkModel("tiny-qwen3", tiny("qwen3", {
    architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", hidden_size: 64, intermediate_size: 96, num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32,
    max_position_embeddings: 256, rms_norm_eps: 1e-6, rope_theta: 1e6, hidden_act: "silu", tie_word_embeddings: true }), false);
await checkModel("tiny-gpt2", tiny("gpt2", {
    architectures: ["GPT2LMHeadModel"], model_type: "gpt2", n_embd: 64, n_head: 4, n_layer: 3, n_positions: 256, layer_norm_epsilon: 1e-5, activation_function: "gelu_new" }), false);

// The adapter: on its base in F32, and merged.
const run = path.join(work, "lora-run"), adapter = path.join(run, "adapter");
attune("train", "--model", base, "--data", support, "--max-steps", "12", "--rank", "8", "--learning-rate", "0.003", "--eval-rows", "0", "--general", "none", "--output", run, "--quiet");
const loraFile = path.join(work, "lora.gguf"), mergedFile = path.join(work, "merged.gguf");
attune("export", "--model", base, "--adapter", adapter, "--format", "gguf-lora", "--out", loraFile);
attune("export", "--model", base, "--adapter", adapter, "--format", "gguf:f32", "--out", mergedFile);
const texts = written(base, adapter), loss = lossByAttune(base, adapter, texts);
row("attune-base + LoRA", "lora", true, loss, await byLlama(path.join(work, "attune-base-f32.gguf"), texts, loraFile), texts.length);
row("attune-base + LoRA, merged", "f32", true, loss, await byLlama(mergedFile, texts), texts.length);

const heads = ["model", "format", "prompts read alike", "continuations chosen alike", "loss, Attune (unrounded)", "loss, llama.cpp", "change", ""];
console.log(`| ${heads.join(" | ")} |\n|${heads.map(() => "---").join("|")}|`);
for (const cells of table) console.log(`| ${cells.join(" | ")} |`);
console.log(`\nprompts ${createHash("sha256").update(JSON.stringify(prompts)).digest("hex").slice(0, 12)}, ${steps} tokens each, llama.cpp of node-llama-cpp ${JSON.parse(fs.readFileSync(path.join(here, "node_modules/node-llama-cpp/package.json"))).version}`);
process.exit(failed ? 1 : 0);
