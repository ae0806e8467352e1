using System.Globalization;
using Attune.Bench;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

// Whole training steps (forward, backward, clipping, AdamW), as the peers are measured; one JSON line. What is measured, and how, is
// src/Attune/Bench: this console only gives scripts a fixed command line. For people there is `attune bench`.
//   dotnet run -c Release --project bench/Attune.Bench -- --shape smollm2-135m --mode lora --batch 4 --seq 512 --steps 5 --threads 2
// Random tokens, every one trained; `rows …` (InstructionRows.cs) trains on rows of a file instead, `decode …` (Decoding.cs) writes.
// --rows N: rows of a pass. --weights F32|BF16. --compute F32|BF16|auto: products. --saved F32|BF16: activations that wait for
// backward. --keep Saved|Recompute. --profile on: where the time goes, on standard error.
if (args is ["rows", .. var given])
    return InstructionRows.Run(given);
if (args is ["decode", .. var asked])
    return Decoding.Run(asked);
// Only makes the checkpoint of a shape, in BF16: make --shape NAME --models FOLDER.
if (args is ["make", "--shape", var wanted, "--models", var place])
{
    SyntheticModel.Make(place, wanted, SafeTensorsType.BF16);
    return 0;
}
string[] known = ["shape", "model", "models", "mode", "batch", "seq", "steps", "threads", "weights", "rows", "compute", "saved", "keep", "profile"];
var options = args.Chunk(2).ToDictionary(static p => p[0].TrimStart('-'), static p => p.Length == 2 ? p[1] : "");
string Text(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

try
{
    if (options.Keys.FirstOrDefault(k => !known.Contains(k)) is { } unknown)
        throw new UserErrorException($"--{unknown}", "is not an option", $"there are --{string.Join(" --", known)}");
    var (shape, lora) = (Text("shape", "smollm2-135m"), Text("mode", "lora") == "lora");
    var (batch, length, steps) = (Number("batch", 4), Number("seq", 512), Number("steps", 5));
    var (threads, rows) = (Number("threads", Environment.ProcessorCount), Number("rows", batch * length));
    var products = Products.Of(Text("compute", "auto"));
    var weights = Enum.Parse<SafeTensorsType>(Text("weights", "F32"));
    var folder = options.TryGetValue("model", out var own)
        ? own
        : SyntheticModel.Make(Text("models", Path.Combine(Path.GetTempPath(), "attune-bench")), shape, weights);

    using var model = ModelFolder.Open(folder);
    var item = StepCase.Random(model.Spec, lora, batch, length, rows) with
    {
        Keep = Enum.Parse<Keep>(Text("keep", "Saved"), ignoreCase: true),
        SavedType = Enum.Parse<DType>(Text("saved", "F32")) is var saved and not DType.F32 ? saved : null,
    };
    var result = StepBench.Measure(model, item, CpuBackend.Shared(threads, products), new Repeats(TimeSpan.Zero, steps, steps), Text("profile", "off") == "on", default);
    foreach (var row in ProfileRow.Of(result.Profile))
        Console.Error.WriteLine(row);
    var plan = result.Plan;
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $$"""{"tool": "attune", "shape": "{{shape}}", "mode": "{{item.Mode}}", "weights": "{{weights}}", "compute": "{{products}}", "batch": {{batch}}, "seq": {{length}}, "rows": {{rows}}, "saved": "{{item.SavedType ?? DType.F32}}", "keep": "{{item.Keep}}", "threads": {{threads}}, "tokens_per_s": {{result.TokensPerSecond:F1}}, "trained_tokens_per_s": {{result.TrainedPerSecond:F1}}, "gflops": {{result.OperationsPerSecond / 1e9:F1}}, "step_s": {{result.Time.Median:F4}}, "loss": {{result.Loss:F4}}, "peak_rss_mb": {{result.PeakResident / 1048576.0:F0}}, "planned_mb": {{plan.Total / 1048576.0:F0}}, "arena_mb": {{plan.Arena / 1048576.0:F0}}}"""));
    return 0;
}
catch (UserErrorException e)
{
    foreach (var problem in e.Problems)
        Console.Error.WriteLine($"error: {problem.Place}: {problem.Message} ({problem.Remedy})");
    return 2;
}
