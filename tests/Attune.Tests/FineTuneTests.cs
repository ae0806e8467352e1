using Attune.Problems;
using Attune.Recipes;
using Attune.Tests.Runs;

namespace Attune.Tests;

/// <summary>Tuning from within an application: the same runs and checks as the command's.</summary>
public class FineTuneTests
{
    private static readonly CancellationToken None = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recipe_made_in_code_gives_a_model_to_talk_to()
    {
        using var tiny = new TinyModel();
        var seen = new Seen();
        var tuned = await FineTune.RunAsync(tiny.Recipe("run"), seen, None);
        Assert.Equal(TinyModel.Bytes(tiny.Run("same").Saved), TinyModel.Bytes(tuned.Saved));
        Assert.True(File.Exists(Path.Combine(tuned.Folder, "report.html")));
        Assert.Contains(tuned.Metrics, static m => m.Name == "loss on test rows" && m.After < m.Before);
        Assert.NotEmpty(tuned.Findings);
        Assert.Equal(Enumerable.Range(1, 12), seen.All.Where(static p => p.Loss is not null).Select(static p => p.Done));
        Assert.Equal(["data", "choice", "plan", "before", "training", "after", "memory"], seen.All.Select(static p => p.Stage).Distinct());
        using var chat = tuned.OpenChat(1);
        Assert.Equal(3, (await chat.GetResponseAsync([new(Microsoft.Extensions.AI.ChatRole.User, "hi")], new() { MaxOutputTokens = 3 }, None)).Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_recipe_is_said_at_once()
    {
        using var tiny = new TinyModel();
        var recipe = tiny.Recipe("run");
        var refused = await Assert.ThrowsAsync<UserErrorException>(() => FineTune.RunAsync(recipe with
        {
            Model = Path.Combine(tiny.Folder, "nowhere"),
            Method = recipe.Method with { Rank = 0 },
            Train = recipe.Train with { LearningRate = double.NaN },
        }, cancel: None));
        Assert.Equal(3, refused.Problems.Count);
        Assert.Contains(refused.Problems, static p => p.ToString().Contains("method.rank", StringComparison.Ordinal));
        Assert.Equal(2, (await Assert.ThrowsAsync<UserErrorException>(() => FineTune.PlanAsync(new Recipe(), None))).Problems.Count);
    }

    [Fact]
    public async Task A_cancelled_run_goes_on_to_the_same_bytes()
    {
        using var tiny = new TinyModel();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FineTune.RunAsync(tiny.Recipe("run"), new Seen(p =>
        {
            if (p is { Loss: not null, Done: 5 })
                stop.Cancel();
        }), stop.Token));
        var tuned = await FineTune.ResumeAsync(tiny.FileOf("run"), cancel: None);
        Assert.Equal(TinyModel.Bytes(tiny.Run("whole").Saved), TinyModel.Bytes(tuned.Saved));
    }

    [Fact]
    public async Task A_plan_says_what_a_run_takes_and_makes_nothing()
    {
        using var tiny = new TinyModel();
        var plan = await FineTune.PlanAsync(tiny.Recipe("run"), None);
        Assert.Equal(12, plan.Steps);
        Assert.InRange(plan.MemoryBytes, 100L << 20, 1L << 30);
        Assert.True(plan.DiskBytes > 0 && plan.Duration > TimeSpan.Zero);
        Assert.Contains(plan.Choices, static c => c.Key == "method.alpha");
        Assert.Equal(8, plan.Recipe.Method.Alpha);
        Assert.False(Directory.Exists(tiny.FileOf("run")));
    }

    /// <summary>Keeps what it gets, on the thread that reports.</summary>
    private sealed class Seen(Action<FineTuneProgress>? then = null) : IProgress<FineTuneProgress>
    {
        public List<FineTuneProgress> All { get; } = [];

        public void Report(FineTuneProgress value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
