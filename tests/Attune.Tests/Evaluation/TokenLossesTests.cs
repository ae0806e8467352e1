using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Evaluation;
using Attune.Models;
using Attune.Tests.Models;

namespace Attune.Tests.Evaluation;

public class TokenLossesTests
{
    public static TheoryData<string> Backends => TestBackends.Single;

    private static Example[] Examples(int count) => [.. Enumerable.Range(0, count).Select(static e =>
    {
        var key = RandomKey.OfSeed(e);
        var ids = Enumerable.Range(0, 3 + e % 7).Select(i => key.Below(97, i)).ToArray();
        return new Example(ids, [.. ids.Select((_, i) => i > 0 && (i + e) % 3 != 0 || i == ids.Length - 1)], "rows.jsonl", e + 1, (ulong)e);
    })];

    /// <summary>By the logits of each example alone.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void Losses_are_those_of_each_example_alone(string backendName)
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-untied"));
        var model = folder.BuildFrozen();
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(backendName);
        var examples = Examples(12);
        var measured = TokenLosses.Measure(model, null, examples, 24, backend, arena, TestContext.Current.CancellationToken);
        double sum = 0;
        var tokens = 0;
        foreach (var (example, loss) in examples.Zip(measured.Examples))
        {
            using var tape = new Tape(backend, arena, record: false);
            var rows = Enumerable.Range(0, example.Positions).ToArray();
            var logits = model.Logits(tape, Pass.Packed([example.Positions]), example.Ids.AsSpan(0, example.Positions), rows);
            double alone = 0;
            foreach (var r in rows.Where(r => example.Trained[r + 1]))
                alone += Math.Log(Enumerable.Range(0, logits.Cols).Sum(c => Math.Exp(logits.Read(r, c)))) - logits.Read(r, example.Ids[r + 1]);
            Assert.Equal(example.TrainedTokens, loss.Tokens);
            Assert.Equal(alone, loss.Sum, 1e-5 * alone);
            (sum, tokens) = (sum + alone, tokens + loss.Tokens);
        }
        Assert.Equal(tokens, measured.Tokens);
        Assert.Equal(sum / tokens, measured.Mean, 1e-5);
        Assert.Equal(Math.Exp(sum / tokens), measured.Perplexity, 1e-3);
        Assert.Equal(0, arena.InUse);
    }

    [Theory]
    [Trait("SilentFailure", "9")]
    [MemberData(nameof(Backends))]
    public void The_size_of_a_pass_does_not_change_them(string backendName)
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        var model = folder.BuildFrozen();
        using var arena = TestBackends.NewArena();
        var backend = TestBackends.Make(backendName);
        var examples = Examples(15);
        var one = TokenLosses.Measure(model, null, examples, 8, backend, arena, TestContext.Current.CancellationToken);
        foreach (var rows in new[] { 9, 31, 300 })
        {
            var other = TokenLosses.Measure(model, null, examples, rows, backend, arena, TestContext.Current.CancellationToken);
            Assert.All(one.Examples.Zip(other.Examples), static p => Assert.Equal(p.First.Sum, p.Second.Sum, 1e-6 * p.First.Sum));
        }
    }

    [Fact]
    public void Examples_without_trained_tokens_have_no_loss()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        using var arena = TestBackends.NewArena();
        var examples = Examples(2);
        examples[1] = examples[1] with { Trained = new bool[examples[1].Ids.Length] };
        var losses = TokenLosses.Measure(folder.BuildFrozen(), null, examples, 8, TestBackends.Make(TestBackends.F32), arena, TestContext.Current.CancellationToken);
        Assert.Equal(0, losses.Examples[1].Tokens);
        Assert.Equal(losses.Examples[0].Sum / losses.Examples[0].Tokens, losses.Mean);
        Assert.Empty(TokenLosses.Measure(folder.BuildFrozen(), null, [], 8, TestBackends.Make(TestBackends.F32), arena, TestContext.Current.CancellationToken).Examples);
    }

    [Fact]
    public void Cancelling_is_heeded_and_returns_the_memory()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        using var arena = TestBackends.NewArena();
        Assert.Throws<OperationCanceledException>(
            () => TokenLosses.Measure(folder.BuildFrozen(), null, Examples(3), 8, TestBackends.Make(TestBackends.F32), arena, new CancellationToken(canceled: true)));
        Assert.Equal(0, arena.InUse);
    }
}
