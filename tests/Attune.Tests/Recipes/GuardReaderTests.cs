using Attune.Problems;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

public sealed class GuardReaderTests : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("0.05", 0.05, false)]
    [InlineData("5%", 0.05, true)]
    [InlineData("2.5 %", 0.025, true)]
    [InlineData("0", 0, false)]
    public void An_amount_is_a_number_or_a_part(string text, double value, bool part)
    {
        var recipe = folder.Read(RecipeFolder.Minimal + $"guard: {{gain: {text}, forgetting: none}}");
        Assert.Equal((value, part), (Math.Round(recipe.Guard.Gain!.Value.Value, 12), recipe.Guard.Gain.Value.IsPart));
        Assert.Null(recipe.Guard.Forgetting);
    }

    [Theory]
    [InlineData("guard: {gain: -1}", "expected a number from 0")]
    [InlineData("guard: {gain: a lot}", "or none, found 'a lot'")]
    [InlineData("guard: {gain: 9999}", "expected a number from 0")]
    [InlineData("guard: {gain: 0, metric: nonsense}", "nonsense")]
    [InlineData("guard: {metric: loss}", "has no effect, because guard.gain is none")]
    [InlineData("guard: {forgetting: 5%}\neval: {general: none}", "what is forgotten is not measured")]
    [InlineData("guard: {truth: 0}", "eval.suites is none")]
    [InlineData("guard: {gain: 0, metric: f1}\neval: {metrics: [exact]}", "f1 is not among eval.metrics")]
    public void What_cannot_be_judged_is_refused_before_anything_runs(string yaml, string message) => Assert.Contains(
        message, Assert.Throws<UserErrorException>(() => folder.Read(RecipeFolder.Minimal + yaml)).Message, StringComparison.Ordinal);

    /// <summary>Where a result is judged, model and data need not be there; a later file wins, and a setting over all.</summary>
    [Fact]
    public void The_guard_alone_is_read_from_several_recipes()
    {
        File.WriteAllText(folder.At("run.yaml"), "model: /nowhere\ndata: {train: /gone.jsonl}\nguard:\n  gain: 0.1\n  forgetting: 5%\n");
        File.WriteAllText(folder.At("policy.yaml"), "guard.forgetting: 1%\nguard.by: point\n");
        var guard = GuardReader.Read([folder.At("run.yaml"), folder.At("policy.yaml")], [new Setting("guard.gain", "0.2", "--guard-gain")]);
        Assert.Equal(new GuardRecipe { Gain = new(0.2, false), Forgetting = new(0.01, true), By = GuardBasis.Point }, guard);
        File.WriteAllText(folder.At("policy.yaml"), "guard:\n  forgeting: 1%\n  by: luck\n");
        var problems = Assert.Throws<UserErrorException>(() => GuardReader.Read([folder.At("policy.yaml")], [])).Problems;
        Assert.Equal(2, problems.Count);
        Assert.Contains("did you mean guard.forgetting?", problems[0].ToString(), StringComparison.Ordinal);
    }
}
