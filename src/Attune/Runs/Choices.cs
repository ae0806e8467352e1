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
    // What the rates of low-rank methods belong to: alpha is twice the rank.
    private const double UsualRank = 32, UsualScale = 2;

    private const long SmallModel = 20_000_000;

    // At width 4096, from GPT-3's table of sizes, whose other rates go with the width's inverse as well (Brown et al. 2020, table 2.1).
    private const double FromScratch = 1.2e-4;

    /// <summary>Fewest tokens of a step that are chosen.</summary>
    internal const int LeastBatch = 512;

    private readonly List<Choice> made = [];

    /// <summary>All that were made, in order.</summary>
    public IReadOnlyList<Choice> Made => made;

    /// <summary>The reasons by key, for the resolved recipe.</summary>
    public IReadOnlyDictionary<string, string> Reasons => made.ToDictionary(static c => c.Key, static c => c.Reason);

    /// <summary>Rank of the adapters: 16, and in small models a larger part of what their layers have.</summary>
    /// <param name="given">What the recipe says.</param>
    /// <param name="parameters">Weights of the model.</param>
    /// <param name="most">What the layers have room for: half of the hidden width, or, where adapters begin with singular vectors, the shorter side of the narrowest layer.</param>
    public int Rank(int? given, long parameters, int most)
    {
        var (rank, why) = parameters < SmallModel
            ? (64, "a model below 20 M weights has little room in each layer, so that its adapters need more rank")
            : (16, "enough for one task on a model of this size");
        return Take(given, "method.rank", rank <= most ? (rank, why) : (most, "what the layers of this model have room for"));
    }

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

    /// <summary>
    /// The learning rate's peak: the method's at width 4096, times (4096 / width) to a power. Of training from scratch that power is 1, as Adam's rate goes with the width in µP (Yang et al. 2022). What each step
    /// of Adam adds to a matrix is of one size for every weight, so that its effect on outputs grows with the width, and what pre-training has made of small models is moved by larger steps still: 1.5 fits
    /// what was measured of full tuning (docs/training.md). LoRA's B meets the outputs of A, whose length does not grow with the width: half a power less, which comes to ten times full
    /// tuning's rate at width 4096 (Schulman et al. 2025, "LoRA Without Regret") and two to three times at 256.
    /// </summary>
    /// <param name="given">What the recipe says.</param>
    /// <param name="method">With rank and alpha resolved, where they mean something.</param>
    /// <param name="scratch">Whether training begins with random weights.</param>
    /// <param name="width">Hidden width.</param>
    public double LearningRate(double? given, MethodRecipe method, bool scratch, int width)
    {
        var kind = method.Kind;
        var (usual, growth, what) = scratch ? (FromScratch, 1, "training from scratch") : (kind.Rate, kind.Growth, kind.Title);
        var (larger, why) = kind.HasRank && method is { Rank: { } rank, Alpha: { } alpha } ? Steps(rank, alpha / (method.Scale == RankScale.RootRank ? Math.Sqrt(rank) : rank), method.LoraPlus) : (1, "");
        var rate = double.Parse((usual * Math.Pow(4096.0 / width, growth) / larger).ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Take(given, "train.learning_rate", (rate, string.Create(CultureInfo.InvariantCulture, $"{what}: {usual:0.##e-0} · (4096 / width {width}){Power(growth)}{why}")));
    }

    // The rates of low-rank methods are those of a rank of 32 at a scale of 2. A step moves the update by the scale and, as its ranks add up without direction, by the root of the rank;
    // LoRA+ moves B faster by its factor, and A by none.
    private static (double Larger, string Why) Steps(int rank, double scale, double plus)
    {
        static string Text(double factor, string of) => factor == 1 ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {(factor > 1 ? "÷" : "×")} {(factor > 1 ? factor : 1 / factor):0.##} for {of}");
        var (byRank, byScale, byPlus) = (Math.Sqrt(rank / UsualRank), scale / UsualScale, Math.Sqrt(plus));
        return (byRank * byScale * byPlus, Text(byRank, $"rank {rank}") + Text(byScale, string.Create(CultureInfo.InvariantCulture, $"a scale of {scale:0.##}")) + Text(byPlus, "LoRA+"));
    }

    private static string Power(double growth) => growth == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"^{growth:0.##}");

    /// <summary>Longest example.</summary>
    public int MaxLength(int? given, int longest, int positions) => Take(given, "data.max_length", longest <= positions
        ? (longest, "the longest example")
        : (positions, "what the model has positions for"));

    /// <summary>
    /// Tokens of one optimizer step: 1.25 · √(tokens of an epoch). How much of a step's gradient is noise that a larger step would average out depends on how far training can go, which is a matter of the data: the
    /// batch above which nothing is gained grows with their number (Zhang et al. 2025, "How Does Critical Batch Size Scale in Pre-training?"). The factor is measured (docs/training.md).
    /// </summary>
    public int BatchTokens(int? given, long tokens, int longest)
    {
        var wish = Math.Clamp(1.25 * Math.Sqrt(tokens), LeastBatch, 8192);
        return Take(given, "train.batch_tokens", (RoundedBatch(Math.Max(wish, longest)), "1.25 times the root of an epoch's tokens, between 512 and 8192, and no less than the longest example"));
    }

    /// <summary>So many tokens of a step, rounded up.</summary>
    internal static int RoundedBatch(double tokens) => (int)Math.Ceiling(tokens / 64) * 64;

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

    /// <summary>Validations without a better loss that end the run.</summary>
    public int Patience(int? given, int validationRows) => Take(given, "train.patience", validationRows is > 0 and < 64
        ? (5, "the loss of so few validation rows may miss a better one by luck: five of them in a row end the run")
        : (3, "three validations in a row without a better loss end the run"));

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
