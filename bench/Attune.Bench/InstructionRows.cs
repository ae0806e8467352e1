using System.Globalization;
using System.Text.Json;
using Attune.Data;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Recipes;
using Attune.Text;

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
        var products = Products.Of(Text("compute", "f32"));
        var repeats = new Repeats(TimeSpan.FromSeconds(Number("max-seconds", 60)), 1, Number("steps", 200));
        var item = StepCase.OfExamples(lora: true, Path.GetFileName(Text("data", "")), examples, Number("budget", 2048));
        var result = StepBench.Measure(model, item, CpuBackend.Shared(Number("threads", Environment.ProcessorCount), products), repeats, details: false, default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"tool": "attune", "layout": "packed", "compute": "{{products}}", "steps": {{result.Time.Repeats}}, "tokens_per_s": {{result.TokensPerSecond + result.TextsPerSecond:F1}}, "filled": {{item.Filled:F3}}, "loss": {{result.Loss:F3}}, "peak_rss_mb": {{result.PeakResident / 1048576.0:F0}}, "planned_mb": {{result.Plan.Total / 1048576.0:F0}}}"""));
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
}
