using Attune.Models;
using Attune.Recipes;
using Attune.Runs;
using Attune.Tests.Models;

namespace Attune.Tests.Runs;

/// <summary>The rules by which open values are chosen.</summary>
public class ChoicesTests
{
    private readonly Choices choices = new();

    [Fact]
    public void What_is_given_is_taken_and_nothing_is_said()
    {
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        Assert.Equal(3, choices.Rank(3, 1));
        Assert.Equal(5, choices.Alpha(5, 16));
        Assert.Equal(0.5, choices.LearningRate(0.5, MethodKind.Lora, false, folder.Spec));
        Assert.Equal(7, choices.MaxLength(7, 100, 200));
        Assert.Equal(99, choices.BatchTokens(99, 1_000_000, 5));
        Assert.Equal(1.5, choices.Epochs(1.5, null, 1));
        Assert.Equal(4, choices.EvalEvery(4, 1000));
        Assert.Equal(6, choices.SaveEvery(6, 4));
        Assert.Equal(8, choices.MaxNewTokens(8, 100));
        Assert.Empty(choices.Made);
    }

    [Theory]
    [InlineData(19_999_999, 32)]
    [InlineData(20_000_000, 16)]
    public void Small_models_get_a_higher_rank(long parameters, int rank) => Assert.Equal(rank, choices.Rank(null, parameters));

    [Theory]
    [InlineData("lora", false, 2e-4)]
    [InlineData("full", true, 3e-4)]
    [InlineData("full", false, 2e-5)]
    public void The_learning_rate_goes_by_method_and_width(string name, bool scratch, double at4096)
    {
        var kind = MethodKind.All.Single(k => k.Name == name);
        using var folder = ModelFolder.Open(ModelFixture.PathOf("llama-tied"));
        Assert.Equal(at4096, choices.LearningRate(null, kind, scratch, folder.Spec with { Hidden = 4096 }), 1e-12);
        Assert.Equal(2 * at4096, choices.LearningRate(null, kind, scratch, folder.Spec with { Hidden = 1024 }), 1e-12);
    }

    [Theory]
    [InlineData(100, 200, 100)]
    [InlineData(300, 200, 200)]
    public void Length_is_the_longest_example_within_the_models_positions(int longest, int positions, int length) =>
        Assert.Equal(length, choices.MaxLength(null, longest, positions));

    [Theory]
    [InlineData(10, 10, 512)]
    [InlineData(100_000, 10, 2048)]
    [InlineData(100_000_000, 10, 8192)]
    [InlineData(10, 9000, 9216)]
    public void A_step_is_a_fiftieth_of_an_epoch_within_bounds_and_holds_the_longest_example(long tokens, int longest, int batch) =>
        Assert.Equal(batch, choices.BatchTokens(null, tokens, longest));

    [Theory]
    [InlineData(49_999, 5)]
    [InlineData(50_000, 3)]
    [InlineData(1_000_000, 1)]
    public void Few_tokens_are_seen_more_often(long trained, double epochs) => Assert.Equal(epochs, choices.Epochs(null, null, trained));

    [Fact]
    public void A_number_of_steps_stands_for_any_number_of_epochs()
    {
        Assert.True(choices.Epochs(null, 10, 1) >= 1_000_000);
        Assert.Empty(choices.Made);
    }

    [Fact]
    public void Every_choice_says_its_reason_once()
    {
        Assert.Equal(64, choices.Alpha(null, 32));
        Assert.Equal(1, choices.EvalEvery(null, 3));
        Assert.Equal(20, choices.SaveEvery(null, 20));
        Assert.Equal(26, choices.MaxNewTokens(null, 20));
        Assert.Equal(["method.alpha", "train.eval_every", "train.save_every", "eval.max_new_tokens"], choices.Made.Select(static c => c.Key));
        Assert.All(choices.Made, static c => Assert.True(c.Reason.Length > 10 && IsNumber(c)));
        Assert.Equal(choices.Made.Count, choices.Reasons.Count);

        static bool IsNumber(Choice c) => int.TryParse(c.Value, out _);
    }
}
