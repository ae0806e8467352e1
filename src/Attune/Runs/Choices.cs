using System.Globalization;
using Attune.Models;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>A value that was not given, with the rule that chose it.</summary>
public sealed record Choice(string Key, string Value, string Reason);

/// <summary>
/// The rules by which a run chooses what its recipe leaves open. Each is a pure function of model and data, and says why.
/// </summary>
public sealed class Choices
{
    private readonly List<Choice> made = [];

    /// <summary>All that were made, in order.</summary>
    public IReadOnlyList<Choice> Made => made;

    /// <summary>The reasons by key, for the resolved recipe.</summary>
    public IReadOnlyDictionary<string, string> Reasons => made.ToDictionary(static c => c.Key, static c => c.Reason);

    /// <summary>Rank of the adapters.</summary>
    public int Rank(int? given, long parameters) => Take(given, "method.rank", parameters < 20_000_000
        ? (32, "a model below 20 M weights has little room in each layer, so that its adapters need more rank")
        : (16, "enough for one task on a model of this size"));

    /// <summary>α of the adapters.</summary>
    public int Alpha(int? given, int rank) => Take(given, "method.alpha", (2 * rank, "twice the rank: the update starts at twice its plain size"));

    /// <summary>Layers that are adapted.</summary>
    public IReadOnlyList<string> Targets(IReadOnlyList<string> given, MethodKind kind, WeightMap names)
    {
        if (given.Count > 0)
            return given;
        string[] endings = [.. kind.Targets.Select(names.Ending).OfType<string>()];
        IReadOnlyList<string> chosen = kind.Targets.Count == 0 ? [MethodRecipe.AllLinear] : endings;
        Note("method.targets", string.Join(", ", chosen), kind.Targets.Count == 0 ? $"{kind.Title} on every linear layer of the blocks" : $"{kind.Title}: keys, values, and what enters the last layer of the MLP, as its paper has it");
        return chosen;
    }

    /// <summary>The learning rate's peak.</summary>
    public double LearningRate(double? given, MethodKind kind, bool scratch, DecoderSpec spec)
    {
        // Hidden width stands for size: the best rate falls about with its root, from what is usual at 4096.
        var width = Math.Sqrt(4096.0 / spec.Hidden);
        var (usual, what) = scratch ? (3e-4, "training from scratch") : (kind.Rate, kind.Title);
        var rate = double.Parse((usual * width).ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Take(given, "train.learning_rate", (rate, string.Create(CultureInfo.InvariantCulture, $"{usual:0.0e-0} at width 4096, growing with the root of the width's inverse: {what}").Replace(".0e", "e", StringComparison.Ordinal)));
    }

    /// <summary>Longest example.</summary>
    public int MaxLength(int? given, int longest, int positions) => Take(given, "data.max_length", longest <= positions
        ? (longest, "the longest example")
        : (positions, "what the model has positions for"));

    /// <summary>Tokens of one optimizer step.</summary>
    public int BatchTokens(int? given, long tokens, int longest)
    {
        // About fifty steps an epoch, within what is worth a pass and what gradients still gain from.
        var wish = Math.Clamp(tokens / 50, 512, 8192);
        var rounded = (int)((Math.Max(wish, longest) + 255) / 256 * 256);
        return Take(given, "train.batch_tokens", (rounded, "about fifty steps an epoch, between 512 and 8192 tokens, and no less than the longest example"));
    }

    /// <summary>Passes over the data.</summary>
    public double Epochs(double? given, int? maxSteps, long trainedTokens)
    {
        if (given is null && maxSteps is not null)
            return 1_000_000;
        return Take(given, "train.epochs", trainedTokens switch
        {
            < 50_000 => (5.0, "few trained tokens: five passes, with early stopping"),
            < 1_000_000 => (3.0, "three passes, with early stopping"),
            _ => (1.0, "a million trained tokens or more: one pass"),
        });
    }

    /// <summary>Steps between validations.</summary>
    public int EvalEvery(int? given, int steps) => Take(given, "train.eval_every", (Math.Max(1, steps / 10), "ten times in the run"));

    /// <summary>Steps between checkpoints.</summary>
    public int SaveEvery(int? given, int evalEvery) => Take(given, "train.save_every", (evalEvery, "with every validation"));

    /// <summary>Tokens of a generated answer.</summary>
    public int MaxNewTokens(int? given, int longestAnswer) =>
        Take(given, "eval.max_new_tokens", (longestAnswer + longestAnswer / 4 + 1, "the longest expected answer and a quarter"));

    /// <summary>Writes down what stays open to the end, with the rule in the help of its key: nothing is decided without a word.</summary>
    public void NoteOpen(Recipe recipe)
    {
        const string open = "auto", rule = "auto: ";
        foreach (var key in RecipeKeys.All.Where(k => k.Write(recipe) == open && k.Idle(recipe) is null && made.All(c => c.Key != k.Name)))
            Note(key.Name, open, key.Help[(key.Help.IndexOf(rule, StringComparison.Ordinal) + rule.Length)..].TrimEnd('.'));
    }

    /// <summary>Writes down a choice made elsewhere.</summary>
    public void Note(string key, string value, string reason) => made.Add(new Choice(key, value, reason));

    private T Take<T>(T? given, string key, (T Value, string Why) chosen) where T : struct, IFormattable
    {
        if (given is { } value)
            return value;
        Note(key, chosen.Value.ToString(null, CultureInfo.InvariantCulture), chosen.Why);
        return chosen.Value;
    }
}
