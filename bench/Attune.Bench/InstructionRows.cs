using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Formats;
using Attune.Models;
using Attune.Recipes;
using Attune.Text;
using Attune.Training;

namespace Attune.Bench;

/// <summary>
/// Instruction data as it is: rows of a file in one pass over all of them or a number of steps, packed as <c>train</c> packs them, LoRA
/// of rank 16 on every linear layer of a random model. Written out as tokens too, so that peers train on the very same.
/// <code>
///   rows --data FILE --tokenizer DIR [--columns 'prompt={question}\n;completion={answer}'] --most 512 --export rows.jsonl
///   rows … [--shape smollm2-135m] [--weights F32] [--compute f32|bf16] [--budget 2048] [--steps 200] [--max-seconds 60] [--threads 2]
/// </code>
/// </summary>
internal static class InstructionRows
{
    /// <summary>Exports, or measures and prints one JSON line; the speed counts every token of a row, as the peers' does.</summary>
    public static int Run(string[] args)
    {
        var options = args.Chunk(2).ToDictionary(static p => p[0].TrimStart('-'), static p => p[1]);
        string Text(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
        int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

        var examples = Read(Text("data", ""), Text("tokenizer", ""), Text("columns", ""), Number("most", 512));
        if (options.TryGetValue("export", out var path))
        {
            Export(examples, path);
            return 0;
        }
        var weights = Enum.Parse<SafeTensorsType>(Text("weights", "F32"));
        var folder = SyntheticModel.Make(Text("models", Path.Combine(Path.GetTempPath(), "attune-bench")), Text("shape", "smollm2-135m"), weights);
        using var model = ModelFolder.Open(folder);
        var products = Enum.Parse<ProductType>(Text("compute", "f32"), ignoreCase: true);
        var backend = CpuBackend.Shared(Number("threads", Environment.ProcessorCount), products);
        var packer = new Packer(examples, new PackerOptions { StepTokens = Number("budget", 2048), MicroTokens = Number("budget", 2048), Seed = 1 });
        Console.WriteLine(Measure(model, backend, packer, Number("budget", 2048), Number("steps", 200), Number("max-seconds", 60)));
        return 0;
    }

    private static IReadOnlyList<Example> Read(string data, string tokenizer, string columns, int most)
    {
        var files = ModelFolder.TokenizerFiles(tokenizer);
        var words = Tokenizer.Load(files);
        var mapping = columns.Replace("\\n", "\n", StringComparison.Ordinal).Split(';', StringSplitOptions.RemoveEmptyEntries);
        var reading = new DataOptions { MaxLength = most, Truncation = TruncationPolicy.Drop, Columns = ColumnPairs.Read("--columns", mapping) };
        return DataSet.Load([data], words, TemplateChoice.Of(null, files, words), reading).Examples;
    }

    private static void Export(IReadOnlyList<Example> examples, string path)
    {
        using var stream = File.Create(path);
        foreach (var example in examples)
        {
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteStartArray("ids");
                foreach (var id in example.Ids)
                    json.WriteNumberValue(id);
                json.WriteEndArray();
                json.WriteStartArray("trained");
                foreach (var trained in example.Trained)
                    json.WriteNumberValue(trained ? 1 : 0);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            stream.WriteByte((byte)'\n');
        }
    }

    private static string Measure(ModelFolder model, CpuBackend backend, Packer packer, int budget, int steps, int mostSeconds)
    {
        var method = new TuningMethod(new LoraOptions { Rank = 16, Alpha = 32 }, FromScratch: false, Seed: 1);
        var trainer = new TrainerOptions { TotalSteps = steps, PassRows = budget, LearningRate = new LearningRate(1e-4, LearningRateShape.Constant, 0, steps) };
        var plan = MemoryPlan.Of(model, method, trainer, backend, 0, 0, 0);
        using var arena = Arena.OfBytes(plan.Arena);
        using var training = TrainingModel.Build(model, method, backend, arena);
        var gradients = new GradientStep(training, backend, arena, trainer);
        var optimizer = new AdamW(training.Weights, backend, trainer.Optimizer);
        var (start, number, tokens, loss) = (0L, 0, 0L, 0d);
        foreach (var step in packer.Steps(default, int.MaxValue).Take(steps + 1))
        {
            loss = gradients.Run(step, number, CancellationToken.None);
            optimizer.Step(1e-4, ++number, optimizer.GradientNorm());
            // The first step warms up and does not count.
            if (number == 1)
            {
                start = Stopwatch.GetTimestamp();
                continue;
            }
            tokens += step.Tokens + step.Rows.Count;
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > mostSeconds)
                break;
        }
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return string.Create(CultureInfo.InvariantCulture,
            $$"""{"tool": "attune", "layout": "packed", "compute": "{{backend.Products}}", "steps": {{number - 1}}, "tokens": {{tokens}}, "seconds": {{seconds:F2}}, "tokens_per_s": {{tokens / seconds:F1}}, "filled": {{packer.Efficiency(0):F3}}, "loss": {{loss:F3}}, "peak_rss_mb": {{Os.PeakResidentBytes() / 1048576.0:F0}}, "planned_mb": {{plan.Total / 1048576.0:F0}}}""");
    }
}
