using Attune.Recipes;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>The rules by which open values are chosen.</summary>
public class ChoicesTests
{
    private readonly Choices choices = new();

    [Fact]
    public void What_is_given_is_taken_and_nothing_is_said()
    {
        Assert.Equal(3, choices.Rank(3, 1, 2));
        Assert.Equal(5, choices.Alpha(5, 16));
        Assert.Equal(0.5, choices.LearningRate(0.5, new MethodRecipe(), false, 64));
        Assert.Equal(7, choices.MaxLength(7, 100, 200));
        Assert.Equal(99, choices.BatchTokens(99, 1_000_000, 5));
        Assert.Equal(1.5, choices.Epochs(1.5, null, 1));
        Assert.Equal(4, choices.EvalEvery(4, 1000));
        Assert.Equal(6, choices.SaveEvery(6, 4));
        Assert.Equal(0, choices.Patience(0, 10));
        Assert.Equal(8, choices.MaxNewTokens(8, 100));
        Assert.Empty(choices.Made);
    }

    [Theory]
    [InlineData(19_999_999, 128, 64)]
    [InlineData(19_999_999, 24, 24)]
    [InlineData(20_000_000, 128, 16)]
    [InlineData(20_000_000, 8, 8)]
    public void Small_models_get_a_higher_rank_as_far_as_their_layers_have_room(long parameters, int most, int rank) => Assert.Equal(rank, choices.Rank(null, parameters, most));

    [Theory]
    [InlineData("lora", false, 2e-4, 2)]
    [InlineData("dora", false, 2e-4, 2)]
    [InlineData("full", false, 2e-5, 2.8284271)]
    [InlineData("ia3", false, 3e-3, 2.8284271)]
    [InlineData("norms", false, 3e-3, 2)]
    [InlineData("bitfit", false, 1e-3, 1.4142136)]
    [InlineData("full", true, 1.2e-4, 2)]
    public void The_learning_rate_goes_by_method_and_width(string name, bool scratch, double at4096, double halving)
    {
        var method = new MethodRecipe { Kind = MethodKind.All.Single(k => k.Name == name), Rank = 32, Alpha = 64 };
        Assert.Equal(at4096, choices.LearningRate(null, method, scratch, 4096), 1e-12);
        Assert.Equal(halving * at4096, choices.LearningRate(null, method, scratch, 2048), 0.02 * halving * at4096);
        Assert.Equal(halving * halving * at4096, choices.LearningRate(null, method, scratch, 1024), 0.02 * halving * halving * at4096);
        Assert.Contains("(4096 / width 4096)", choices.Made[0].Reason, StringComparison.Ordinal);
    }

    /// <summary>Ten times full tuning's at the width of large models (LoRA Without Regret), and no more than three times at that of small ones, as was measured.</summary>
    [Fact]
    public void Loras_rate_nears_that_of_full_tuning_as_models_get_small()
    {
        double Ratio(int width) => choices.LearningRate(null, new MethodRecipe { Rank = 32, Alpha = 64 }, false, width) / choices.LearningRate(null, new MethodRecipe { Kind = MethodKind.Full }, false, width);
        Assert.Equal(10, Ratio(4096), 0.01);
        Assert.InRange(Ratio(256), 2, 3);
    }

    [Theory]
    [InlineData(32, 64, false, 1, 2e-4, "")]
    [InlineData(8, 16, false, 1, 4e-4, ", × 2 for rank 8")]
    [InlineData(128, 256, false, 1, 1e-4, ", ÷ 2 for rank 128")]
    [InlineData(32, 32, false, 1, 4e-4, ", × 2 for a scale of 1")]
    [InlineData(128, 256, true, 1, 8.8e-6, ", ÷ 2 for rank 128, ÷ 11.31 for a scale of 22.63")]
    [InlineData(32, 64, false, 16, 5e-5, ", ÷ 4 for LoRA+")]
    public void Larger_steps_of_the_low_rank_update_have_a_lower_rate(int rank, int alpha, bool root, double plus, double rate, string why)
    {
        var method = new MethodRecipe { Rank = rank, Alpha = alpha, Scale = root ? RankScale.RootRank : RankScale.Rank, LoraPlus = plus };
        Assert.Equal(rate, choices.LearningRate(null, method, false, 4096), 1e-12);
        Assert.EndsWith(why.Length == 0 ? "width 4096)" : why, choices.Made[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 200, 100)]
    [InlineData(300, 200, 200)]
    public void Length_is_the_longest_example_within_the_models_positions(int longest, int positions, int length) =>
        Assert.Equal(length, choices.MaxLength(null, longest, positions));

    [Theory]
    [InlineData(10, 10, 512)]
    [InlineData(360_000, 10, 768)]
    [InlineData(1_000_000, 10, 1280)]
    [InlineData(100_000_000, 10, 8192)]
    [InlineData(10, 9000, 9024)]
    public void A_step_grows_with_the_root_of_an_epoch_within_bounds_and_holds_the_longest_example(long tokens, int longest, int batch) =>
        Assert.Equal(batch, choices.BatchTokens(null, tokens, longest));

    [Theory]
    [InlineData(49_999, 5)]
    [InlineData(50_000, 3)]
    [InlineData(1_000_000, 1)]
    public void Few_tokens_are_seen_more_often(long trained, double epochs) => Assert.Equal(epochs, choices.Epochs(null, null, trained));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(16, 5)]
    [InlineData(63, 5)]
    [InlineData(64, 3)]
    public void Few_validation_rows_are_given_more_looks(int rows, int patience) => Assert.Equal(patience, choices.Patience(null, rows));

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
