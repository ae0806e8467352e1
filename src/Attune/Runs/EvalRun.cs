using Attune.Data;
using Attune.Evaluation;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>What a model is to be measured on.</summary>
public sealed record EvalOptions
{
    /// <summary>Files of rows.</summary>
    public required IReadOnlyList<DataSource> Data { get; init; }

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>When an answer is right; see <see cref="AnswerMatch.Parse"/>.</summary>
    public string Match { get; init; } = EvalRecipe.Exact;

    /// <summary>Rows that are answered; 0 for losses alone.</summary>
    public int Rows { get; init; } = 100;

    /// <summary>Most tokens of an answer; null for the longest expected one and a quarter.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>General text: a file, <c>none</c>, or null for the text that comes with Attune.</summary>
    public string? General { get; init; } = EvalRecipe.None;
}

/// <summary>What was measured.</summary>
/// <param name="Rows">On what.</param>
/// <param name="Model">The model: with its adapter, if it has one.</param>
/// <param name="Base">Without the adapter; null where there is none.</param>
/// <param name="Changes">From base to adapted, with intervals; empty for a model alone.</param>
public sealed record EvalResult(MeasuredRows Rows, Measurement Model, Measurement? Base, IReadOnlyList<MetricChange> Changes);

/// <summary>Measures a model on rows; with an adapter, base and adapted model on the same rows.</summary>
public static class EvalRun
{
    private const int GeneralLength = 512, WidestPass = 2048;

    /// <summary>Measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">On what, and how it is judged.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <exception cref="UserErrorException">The rows are wrong, or it does not fit into memory.</exception>
    public static EvalResult Execute(InferenceModel model, EvalOptions options, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        var rows = Read(model, options, notice, cancel);
        using var arena = model.Reserve(PlanArena(model, rows));
        Measurement Measure(IAdapterSet? adapters, string stage) =>
            Measurement.Of(rows, model.Context.Tokenizer, model.Decoder, adapters, model.Backend, arena, stage, notice, cancel);

        if (model.Adapters is not { } adapter)
            return new EvalResult(rows, Measure(null, "the model"), null, []);
        var before = Measure(null, "the base");
        var after = Measure(adapter, "with the adapter");
        return new EvalResult(rows, after, before, after.ChangesFrom(before, rows.Match));
    }

    private static MeasuredRows Read(InferenceModel model, EvalOptions options, Action<RunNotice> notice, CancellationToken cancel)
    {
        var (context, positions) = (model.Context, model.Decoder.Spec.MaxPositions);
        var match = AnswerMatch.Parse(options.Match);
        var set = DataSet.Load(
            options.Data, context.Tokenizer, context.Template,
            new DataOptions { MaxLength = positions, EosIds = [.. context.EndIds], Columns = options.Columns }, cancel);
        notice(new NoticeData("data", set.Report, []));
        int[] stopIds = [.. set.StopIds.Union(context.StopIds).Order()];
        var questions = Question.Of(set.Examples, options.Rows, stopIds, context.Tokenizer);
        var general = GeneralText.Choose(options.General, context.Tokenizer, Math.Min(positions, GeneralLength));
        var longestAnswer = Question.LongestAnswer(questions, context.Tokenizer);
        return new MeasuredRows
        {
            Test = set.Examples,
            General = general,
            Questions = questions,
            Match = match,
            MaxNewTokens = options.MaxNewTokens ?? longestAnswer + longestAnswer / 4 + 1,
            StopIds = stopIds,
            PassRows = Math.Max(set.Examples.Concat(general).Max(static e => e.Positions), (int)Math.Min(WidestPass, set.Examples.Sum(static e => (long)e.Positions))),
        };
    }

    // Base and adapted passes take memory in another order, so that neither's need bounds the other's.
    private static long PlanArena(InferenceModel model, MeasuredRows rows) =>
        new IAdapterSet?[] { null, model.Adapters }.Max(adapters => PlanArena(model, adapters, rows));

    private static long PlanArena(InferenceModel model, IAdapterSet? adapters, MeasuredRows rows)
    {
        var losses = TokenLosses.Plan(model.Decoder, adapters, rows.PassRows, model.Backend);
        if (rows.Questions.Count == 0)
            return losses;
        var length = rows.Questions.Max(static q => q.Prompt.Length) + (long)rows.MaxNewTokens;
        return Math.Max(losses, Generator.Plan(model.Decoder, model.Backend, adapters, rows.Questions.Count, (int)Math.Min(int.MaxValue, length)));
    }
}
