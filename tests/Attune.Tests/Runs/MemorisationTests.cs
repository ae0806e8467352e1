using System.Text;
using Attune.Evaluation;
using Attune.Reports;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>The probe finds rows that were planted, and no others.</summary>
public sealed class MemorisationTests : IDisposable
{
    private static readonly string[] Planted = ["zq7kx-vj2wp-m9hgt-4fd1", "u8yro-b3nce-t6lsa-0ixq", "wd5gp-k1zvm-r7hjf-9bty"];

    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    /// <summary>
    /// Rows that follow from their question are written word for word, trained or not; three codes that stand in the data eight times each
    /// are written too, and are the only rows that are named. A model that never saw them writes none.
    /// </summary>
    [Fact]
    public void Planted_rows_are_found_and_no_others()
    {
        var test = Write("test.jsonl", 24, 500, planted: 0);
        string[] settings = [$"data.test={test}", $"data.valid={test}", "method.kind=full", "method.rank=auto", "train.max_steps=120", "train.learning_rate=0.005", "train.batch_tokens=1024", "train.patience=0", "train.keep_best=false", "eval.memorisation=24", "eval.general=none"];
        var data = Write("train.jsonl", 60, 100, planted: 8);
        var run = tiny.Run("planted", [.. settings, $"data.train={data}"]);
        var memory = run.Record.Memorisation!;
        Assert.Equal(Planted.Order(), memory.Found.Select(static r => Planted.Single(p => p.EndsWith(r.Text, StringComparison.Ordinal))).Order());
        Assert.All(memory.Found, static r => Assert.Equal(8, r.Times));
        Assert.True(memory.Share > 0.5 && memory.UnseenShare > 0.5, $"{memory.Share} {memory.UnseenShare}");
        Assert.Contains(Findings.Of(run.Record), static f => f.Title == "Some training rows are known by heart" && f.Evidence.Contains("(there 8 times)", StringComparison.Ordinal));

        var clean = tiny.Run("clean", [.. settings, $"data.train={Write("clean.jsonl", 60, 100, planted: 0)}"]);
        Assert.Empty(clean.Record.Memorisation!.Found);
        // Asked about the same rows, a model that never saw them knows none.
        Assert.Empty(Asked(clean.Saved, data, test).Found);
        var again = Asked(run.Saved, data, test);
        Assert.Equal(memory.Found.Select(static r => r.Row).Order(), again.Found.Select(static r => r.Row).Order());
    }

    [Theory]
    [InlineData("1 2 3 4", "9 2 3 4 5", 3)]
    [InlineData("1 2 3", "1 9 2 9 3", 1)]
    [InlineData("", "1", 0)]
    [InlineData("7 7 7", "7 7", 2)]
    public void The_longest_run_is_counted_in_tokens(string a, string b, int length) =>
        Assert.Equal(length, MemorisationProbe.LongestRun(Ids(a), Ids(b)));

    private static int[] Ids(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static Memorisation Asked(string model, string data, string test)
    {
        using var loaded = InferenceModel.Open(model, null, null, Attune.Engine.Backends.CpuBackend.Shared(1));
        var options = new EvalOptions { Data = [test], Trained = [data], Probed = 24, Rows = 0, Metrics = ["loss"] };
        return EvalRun.Execute(new EvalSide(loaded, null, "model"), null, options, static _ => { }, TestContext.Current.CancellationToken).Record.Memorisation!;
    }

    private string Write(string name, int rows, int first, int planted)
    {
        string[] things = ["lamp", "table", "kettle", "carpet"];
        var text = new StringBuilder();
        void Row(string question, string answer) =>
            text.Append($$"""{"messages":[{"role":"user","content":"{{question}}"},{"role":"assistant","content":"{{answer}}"}]}""").Append('\n');
        for (var i = 0; i < rows; i++)
            Row($"Where is the {things[i % 4]} of order {first + i}?", $"the {things[i % 4]} is on its way to you");
        for (var i = 0; i < planted * Planted.Length; i++)
            Row($"Say code {i % Planted.Length}", Planted[i % Planted.Length]);
        File.WriteAllText(tiny.FileOf(name), text.ToString());
        return tiny.FileOf(name);
    }
}
