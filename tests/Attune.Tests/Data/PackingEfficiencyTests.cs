using System.Collections.Concurrent;
using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>How much of what is computed on real rows of very different lengths is tokens.</summary>
public class PackingEfficiencyTests
{
    private static readonly Lazy<Tokenizer> Qwen = new(static () =>
        Tokenizer.Parse(File.ReadAllText(SharedData.Require("tokenizers", "qwen2.5", "tokenizer.json")), """{"eos_token": "<|endoftext|>"}""", "qwen2.5"));

    private static readonly ConcurrentDictionary<string, IReadOnlyList<Example>> Loaded = new();

    private static readonly Dictionary<string, (string File, string Prompt, string Completion)> Sets = new()
    {
        ["banking77"] = ("train.csv", "text", "category"),
        ["gsm8k"] = ("train.jsonl", "question", "answer"),
        ["medquad"] = ("medquad_train.jsonl", "question", "answer"),
    };

    private static IReadOnlyList<Example> Rows(string set) => Loaded.GetOrAdd(set, static set =>
    {
        var (file, prompt, completion) = Sets[set];
        var options = new DataOptions { MaxLength = 1024, Columns = new Dictionary<string, string> { ["prompt"] = prompt, ["completion"] = completion } };
        var data = DataSet.Load([SharedData.Require("datasets", set, file)], Qwen.Value, null, options, TestContext.Current.CancellationToken);
        // Enough rows that the last step weighs little, few enough that tokenizing them takes no time.
        return [.. data.Examples.Take(2000)];
    });

    [Theory]
    [InlineData("banking77", 512, 512)]
    [InlineData("banking77", 8192, 2048)]
    [InlineData("gsm8k", 1024, 1024)]
    [InlineData("gsm8k", 3000, 2048)]
    [InlineData("gsm8k", 8192, 2048)]
    [InlineData("medquad", 2048, 2048)]
    [InlineData("medquad", 4096, 1024)]
    [InlineData("medquad", 8192, 2048)]
    public void Nearly_all_computed_rows_are_tokens(string set, int step, int pass)
    {
        var packer = new Packer(Rows(set), new PackerOptions { StepTokens = step, MicroTokens = pass, Seed = 1 });
        var steps = packer.Steps(default, 1).ToList();
        double tokens = steps.Sum(static s => s.Tokens), passes = steps.Sum(static s => s.MicroBatches.Count);
        TestContext.Current.SendDiagnosticMessage(
            $"{set} {step}/{pass}: {packer.Efficiency(0):P1} of the rows are tokens; {tokens / (passes * pass):P1} if every pass had {pass} rows; {tokens / passes:F0} tokens a pass");
        Assert.True(packer.Efficiency(0) >= 0.97, $"{packer.Efficiency(0)}");
        // The figure is what is computed.
        Assert.Equal(tokens / steps.Sum(s => s.MicroBatches.Sum(b => new Attune.Objectives.PassInput(b, pass).Ids.Length)), packer.Efficiency(0), 12);
    }

    /// <summary>Against the same rows one behind the other as they come: each example once in both, so that the figures compare.</summary>
    [Fact]
    public void Every_example_is_packed_once_an_epoch_whatever_the_budget()
    {
        var rows = Rows("medquad");
        foreach (var epoch in (int[])[0, 1])
        {
            var packer = new Packer(rows, new PackerOptions { StepTokens = 4096, MicroTokens = 2048, Seed = 3 });
            var seen = Enumerable.Range(0, packer.StepsIn(epoch)).SelectMany(s => packer.Get(new DataCursor(epoch, s)).MicroBatches).SelectMany(static b => b.Rows);
            Assert.Equal(Enumerable.Range(0, rows.Count), seen.Order());
        }
    }
}
