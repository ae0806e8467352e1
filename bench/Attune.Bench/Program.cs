using System.Diagnostics;
using System.Globalization;
using Attune.Adapters;
using Attune.Bench;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Formats;
using Attune.Models;
using Attune.Training;

// Whole training steps (forward, backward, clipping, AdamW) on random weights and tokens, every token trained, as the peers are measured.
//   dotnet run -c Release --project bench/Attune.Bench -- --shape smollm2-135m --mode lora --batch 4 --seq 512 --steps 5 --threads 2
// --profile on: where the time goes, by kernel, on standard error.
// Prints one JSON line: median tokens per second, GFLOP/s, peak resident memory, planned memory.
if (args is ["rows", .. var given])
    Environment.Exit(InstructionRows.Run(given));
var options = args.Chunk(2).ToDictionary(static p => p[0].TrimStart('-'), static p => p[1]);
string Text(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

var (shape, mode) = (Text("shape", "smollm2-135m"), Text("mode", "lora"));
var (batch, length, steps, threads) = (Number("batch", 4), Number("seq", 512), Number("steps", 5), Number("threads", Environment.ProcessorCount));
var type = Enum.Parse<SafeTensorsType>(Text("weights", "F32"));
var rows = Number("rows", batch * length);
var folder = SyntheticModel.Make(Text("models", Path.Combine(Path.GetTempPath(), "attune-bench")), shape, type);

using var model = ModelFolder.Open(folder);
var profile = Text("profile", "off") == "on" ? new ProfilingBackend(CpuBackend.Shared(threads)) : null;
Backend backend = profile is null ? CpuBackend.Shared(threads) : profile;
var method = new TuningMethod(mode == "lora" ? new LoraOptions { Rank = 16, Alpha = 32 } : null, FromScratch: false, Seed: 1);
DType? saved = Text("saved", "F32") == "F32" ? null : Enum.Parse<DType>(Text("saved", "F32"));
var trainer = new TrainerOptions { SavedType = saved, Keep = Enum.Parse<Keep>(Text("keep", "Saved")), TotalSteps = steps, PassRows = rows, LearningRate = new LearningRate(1e-4, LearningRateShape.Constant, 0, steps) };
var plan = MemoryPlan.Of(model, method, trainer, backend, 0, 0, 0);
using var arena = Arena.OfBytes(plan.Arena);
using var training = TrainingModel.Build(model, method, backend, arena);
var gradients = new GradientStep(training, backend, arena, trainer);
var optimizer = new AdamW(training.Weights, backend, trainer.Optimizer);

var key = RandomKey.OfSeed(1);
var examples = Enumerable.Range(0, batch).Select(b => new Example(
    [.. Enumerable.Range(0, length + 1).Select(i => key.Below(model.Spec.Vocabulary, (long)b * length + i))],
    [false, .. Enumerable.Repeat(true, length)], "random", b, (ulong)b)).ToArray();
var step = new Packer(examples, new PackerOptions { StepTokens = batch * length, MicroTokens = rows }).Get(default);

var seconds = new List<double>();
double loss = 0;
for (var i = 0; i <= steps; i++)
{
    var start = Stopwatch.GetTimestamp();
    loss = gradients.Run(step, i, CancellationToken.None);
    optimizer.Step(1e-4, i + 1, optimizer.GradientNorm());
    // The first step warms up.
    if (i > 0)
        seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
    else
        profile?.Clear();
}
foreach (var line in profile?.Lines(steps, seconds.Sum()) ?? [])
    Console.Error.WriteLine(line);
seconds.Sort();
var median = seconds[seconds.Count / 2];
var tokens = batch * length / median;
var spec = model.Spec;
double products = model.Parameters.Where(static i => i.Role is ParameterRole.Matrix or ParameterRole.Embedding).Sum(static i => (double)i.Rows * i.Cols);
double adapters = mode == "lora" ? training.Weights.Count : 0;
var attention = 4.0 * spec.Layers * length * spec.Heads * spec.HeadSize;
var flops = (mode == "lora" ? 4 * products + 6 * adapters : 6 * products) + 3 * attention;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $$"""{"tool": "attune", "shape": "{{shape}}", "mode": "{{mode}}", "weights": "{{type}}", "batch": {{batch}}, "seq": {{length}}, "rows": {{rows}}, "saved": "{{saved ?? DType.F32}}", "keep": "{{trainer.Keep}}", "threads": {{threads}}, "tokens_per_s": {{tokens:F1}}, "gflops": {{flops * tokens / 1e9:F1}}, "step_s": {{median:F4}}, "loss": {{loss:F4}}, "peak_rss_mb": {{Os.PeakResidentBytes() / 1048576.0:F0}}, "planned_mb": {{plan.Total / 1048576.0:F0}}, "arena_mb": {{plan.Arena / 1048576.0:F0}}}"""));
