// llama.cpp (node-llama-cpp, prebuilt, CPU) reading a prompt and writing after it, as bench/Attune.Bench does with the same GGUF file.
//   node llama.mjs FILE.gguf [--prompt 512] [--new 128] [--repeats 3] [--threads 2]
// One JSON line, medians; the first round warms up and does not count. Run it in a folder where `npm install node-llama-cpp` was done.
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const found = createRequire(path.join(process.cwd(), "x.js")).resolve("node-llama-cpp");
const { getLlama } = await import(pathToFileURL(found));
const [file, ...rest] = process.argv.slice(2);
const option = (name, otherwise) => rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : otherwise;
const prompt = option("--prompt", 512), written = option("--new", 128), repeats = option("--repeats", 3), threads = option("--threads", 2);
const shortPrompt = 32;

const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error", maxThreads: threads });
const model = await llama.loadModel({ modelPath: path.resolve(file) });
const context = await model.createContext({ threads, contextSize: prompt + written + shortPrompt, batchSize: prompt });
const ids = n => Array.from({ length: n }, (_, i) => 1000 + (i * 7919) % 40000);
const median = values => values.sort((a, b) => a - b)[values.length >> 1];

const reading = [], writing = [];
for (let round = 0; round <= repeats; round++) {
    let sequence = context.getSequence();
    const start = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(ids(prompt));
    const read = performance.now() - start;
    await sequence.dispose();

    // From the first token that is written to the last: the prompt is not in it.
    sequence = context.getSequence();
    const stamps = [];
    for await (const _ of sequence.evaluate(ids(shortPrompt), { temperature: 0, yieldEogToken: true })) {
        stamps.push(performance.now());
        if (stamps.length > written) break;
    }
    await sequence.dispose();
    if (round === 0) continue;
    reading.push(prompt * 1000 / read);
    writing.push(written * 1000 / (stamps[written] - stamps[0]));
}
console.log(JSON.stringify({
    peer: "llama.cpp", file: path.basename(file), threads, prompt, new: written, prefill_tok_s: Number(median(reading).toFixed(1)),
    decode_tok_s: Number(median(writing).toFixed(1)), peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
}));
process.exit(0);
