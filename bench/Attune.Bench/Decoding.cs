using System.Diagnostics;
using System.Globalization;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Models;
using Attune.Text;

namespace Attune.Bench;

/// <summary>
/// Reading a prompt and writing one text after it, through the generator that <c>attune generate</c> uses, on a folder or a GGUF file;
/// <c>bench/peers/llama.mjs</c> does the same with llama.cpp on the same file.
/// <code>
///   decode --model PATH [--compute f32|bf16] [--prompt 512] [--new 128] [--repeats 3] [--threads 2]
/// </code>
/// </summary>
internal static class Decoding
{
    private const int ShortPrompt = 32;

    /// <summary>Measures and prints one JSON line, medians.</summary>
    public static int Run(string[] args)
    {
        var options = args.Chunk(2).ToDictionary(static p => p[0].TrimStart('-'), static p => p[1]);
        int Number(string name, int otherwise) => int.Parse(options.GetValueOrDefault(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var (prompt, more) = (Number("prompt", 512), Number("new", 128));
        var products = Products.Of(options.GetValueOrDefault("compute", "f32"));
        var backend = CpuBackend.Shared(Number("threads", Environment.ProcessorCount), products);

        using var folder = ModelFolder.Open(options["model"]);
        var model = folder.BuildFrozen();
        using var arena = Arena.OfBytes(Generator.Plan(model, backend, null, 1, Math.Max(prompt + 1, ShortPrompt + more + 1)));
        var generator = new Generator(model, Tokenizer.Load(folder.Files), backend, arena, null);
        double Seconds(int tokens, int written)
        {
            var ids = Enumerable.Range(0, tokens).Select(i => (int)(1000 + i * 7919L % (model.Spec.Vocabulary - 2000))).ToArray();
            var start = Stopwatch.GetTimestamp();
            generator.Generate(ids, new GenerationOptions { MaxNewTokens = written });
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        var (read, write) = (new List<double>(), new List<double>());
        // The first round warms up.
        for (var round = 0; round <= Number("repeats", 3); round++)
        {
            var (reading, first, all) = (Seconds(prompt, 1), Seconds(ShortPrompt, 1), Seconds(ShortPrompt, 1 + more));
            if (round > 0)
                (read, write) = ([.. read, prompt / reading], [.. write, more / (all - first)]);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $$"""{"tool": "attune", "file": "{{Path.GetFileName(options["model"])}}", "compute": "{{products}}", "prompt": {{prompt}}, "new": {{more}}, "prefill_tok_s": {{Timing.Of(read).Median:F1}}, "decode_tok_s": {{Timing.Of(write).Median:F1}}, "peak_rss_mb": {{Os.PeakResidentBytes() / 1048576.0:F0}}}"""));
        return 0;
    }
}
