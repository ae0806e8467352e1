using Attune.Data;
using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Models;
using Attune.Problems;

namespace Attune.Runs;

/// <summary>A model as one side of a comparison.</summary>
/// <param name="Model">The model.</param>
/// <param name="Adapters">Adapters to apply; null for the model alone, whatever it was opened with.</param>
/// <param name="Name">What reports call it.</param>
public sealed record EvalSide(InferenceModel Model, IAdapterSet? Adapters, string Name);

/// <summary>Reads the rows of an evaluation for one model, or for two so that both are asked the same.</summary>
internal static class EvalRows
{
    private const int GeneralLength = 512, WidestPass = 2048;

    /// <summary>The rows for each side, paired row by row.</summary>
    public static IReadOnlyList<MeasuredRows> Read(IReadOnlyList<EvalSide> sides, EvalOptions options, Action<RunNotice> notice, CancellationToken cancel)
    {
        DataSet[] sets = [.. sides.Select(s => s.Model).Distinct().Select(m => Load(m, options.Data, options.Columns, cancel))];
        notice(new NoticeData("data", sets[0].Report, []));
        if (sides.Count == 1 || sets.Length == 1)
            return [.. Enumerable.Repeat(Make(sides[0].Model, sets[0], sets[0].Examples, options, options.Metrics, notice), sides.Count)];

        var (first, second) = Paired(sets[0].Examples, sets[1].Examples);
        if (first.Count < sets[0].Examples.Count)
            notice(new NoticeText($"  {first.Count} of {sets[0].Examples.Count} examples are compared: the others do not fit one of the two models"));
        var one = Make(sides[0].Model, sets[0], first, options, options.Metrics, notice);
        if (sides[0].Model.Context.Tokenizer.Hash != sides[1].Model.Context.Tokenizer.Hash)
            one = WithoutTokens(one, options, notice);
        string[] names = [.. one.Asked.Metrics.Select(static m => m.Name)];
        var two = Make(sides[1].Model, sets[1], second, options, names, notice);
        return [one, one.General.Count == 0 ? two with { General = [] } : two];
    }

    /// <summary>Files of rows as the model reads them.</summary>
    public static DataSet Load(InferenceModel model, IReadOnlyList<DataSource> files, IReadOnlyDictionary<string, string> columns, CancellationToken cancel) => DataSet.Load(
        files, model.Context.Tokenizer, model.Context.Template,
        new DataOptions { MaxLength = model.Decoder.Spec.MaxPositions, EosIds = [.. model.Context.EndIds], Columns = columns }, cancel);

    private static MeasuredRows Make(
        InferenceModel model, DataSet set, IReadOnlyList<Example> test, EvalOptions options, IReadOnlyList<string> metrics, Action<RunNotice> notice)
    {
        var (context, positions) = (model.Context, model.Decoder.Spec.MaxPositions);
        int[] stopIds = [.. set.StopIds.Union(context.StopIds).Order()];
        var asked = Asked.Of(test, options.Data, new Wish(metrics, options.Rows, options.Samples), stopIds, context.Tokenizer);
        MeasuredRows.RequirePositions(asked, positions);
        if (asked.Reason is { } reason)
            notice(new NoticeChoice("metrics", string.Join(", ", asked.Metrics.Select(static m => m.Name)), reason));
        var general = GeneralText.Choose(options.General, context.Tokenizer, Math.Min(positions, GeneralLength));
        var longestAnswer = Question.LongestAnswer(asked.Questions, context.Tokenizer);
        var all = test.Concat(general).Concat(asked.ChoiceExamples).ToArray();
        return new MeasuredRows
        {
            Test = test,
            General = general,
            Asked = asked,
            MaxNewTokens = options.MaxNewTokens ?? longestAnswer + longestAnswer / 4 + 1,
            StopIds = stopIds,
            PassRows = Math.Max(all.Max(static e => e.Positions), (int)Math.Min(WidestPass, all.Sum(static e => (long)e.Positions))),
        };
    }

    private static (List<Example> First, List<Example> Second) Paired(IReadOnlyList<Example> first, IReadOnlyList<Example> second)
    {
        var both = RowPairs.Of(first, second).Where(static p => p.Second is not null).ToList();
        return both.Count > 0 ? (both.ConvertAll(static p => p.First), both.ConvertAll(static p => p.Second!)) : throw new UserErrorException("data", "no row fits both models", "compare models on shorter rows");
    }

    // A loss per token means something else where tokens are other pieces of text.
    private static MeasuredRows WithoutTokens(MeasuredRows rows, EvalOptions options, Action<RunNotice> notice)
    {
        var kept = rows.Asked.Metrics.Where(static m => m.Needs != Evidence.Losses).ToArray();
        if (options.Metrics.Count > 0 && kept.Length < rows.Asked.Metrics.Count)
        {
            throw new UserErrorException(
                "metrics", "loss, perplexity and token-accuracy count tokens, and the two models cut text into different ones", "choose metrics of answers, or compare models with one tokenizer");
        }
        if (kept.Length == 0)
            throw new UserErrorException("data", "the two models cut text into different tokens, so that only answers can be compared, and the rows are running text", "give rows with questions and answers");
        notice(new NoticeText("  the two models cut text into different tokens: what counts tokens (loss, perplexity, general text) is left out"));
        return rows with { Asked = rows.Asked with { Metrics = kept }, General = [] };
    }
}
