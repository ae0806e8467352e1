using Attune.Data;
using Attune.Engine.Backends;
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

    /// <summary>Names of metrics, see <see cref="Evaluation.Metrics.MetricTable"/>; none for those that fit the answers.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Rows that are answered; 0 for losses alone.</summary>
    public int Rows { get; init; } = 100;

    /// <summary>Answers that the report shows.</summary>
    public int Samples { get; init; } = 20;

    /// <summary>Most tokens of an answer; null for the longest expected one and a quarter.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Training rows of the model: whether it knows them by heart, beside the rows of <see cref="Data"/>; none for not looking.</summary>
    public IReadOnlyList<DataSource> Trained { get; init; } = [];

    /// <summary>Most rows of <see cref="Trained"/> that are continued.</summary>
    public int Probed { get; init; } = 32;

    /// <summary>General text: a file, <c>none</c>, or null for the text that comes with Attune.</summary>
    public string? General { get; init; } = EvalRecipe.None;
}

/// <summary>What was measured.</summary>
/// <param name="Rows">On what.</param>
/// <param name="Model">The model: with its adapter, if it has one.</param>
/// <param name="Against">What it is compared with, on the same rows; null where it is measured alone.</param>
/// <param name="Record">All that a report says about it.</param>
public sealed record EvalResult(MeasuredRows Rows, Measurement Model, Measurement? Against, RunRecord Record);

/// <summary>Measures a model on rows, alone or beside another on the same rows.</summary>
public static class EvalRun
{
    /// <summary>Measures.</summary>
    /// <param name="side">The model.</param>
    /// <param name="against">What it is compared with: another model, or the same one without its adapter; null for nothing.</param>
    /// <param name="options">On what, and how it is judged.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often.</param>
    /// <exception cref="UserErrorException">The rows are wrong, or it does not fit into memory.</exception>
    public static EvalResult Execute(EvalSide side, EvalSide? against, EvalOptions options, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        EvalSide[] sides = against is null ? [side] : [side, against];
        var rows = EvalRows.Read(sides, options, notice, cancel);
        Measurement[] measured = [.. Enumerable.Range(0, sides.Length).Reverse().Select(i => Measure(sides[i], rows[i], notice, cancel)).ToArray().Reverse()];
        var before = measured.ElementAtOrDefault(1);
        var record = Record(sides, rows[0], measured[0], before, options) with { Memorisation = Probe(side, rows[0], options, notice, cancel) };
        return new EvalResult(rows[0], measured[0], before, record);
    }

    private static Measurement Measure(EvalSide side, MeasuredRows rows, Action<RunNotice> notice, CancellationToken cancel)
    {
        using var arena = side.Model.Reserve(PlanArena(rows, side.Model.Decoder, side.Adapters, side.Model.Backend));
        return Measurement.Of(rows, side.Model.Context.Tokenizer, side.Model.Decoder, side.Adapters, side.Model.Backend, arena, side.Name, notice, cancel);
    }

    private static Memorisation? Probe(EvalSide side, MeasuredRows rows, EvalOptions options, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (options.Trained.Count == 0)
            return null;
        var model = side.Model;
        var trained = EvalRows.Load(model, options.Trained, options.Columns, cancel);
        notice(new NoticeData("train", trained.Report, []));
        var probe = MemorisationProbe.Of(trained.Examples, rows.Test, options.Probed, rows.StopIds) ?? throw new UserErrorException(
            "probe", $"no row has a trained part of {MemorisationProbe.LeastTokens} tokens, so that none can be continued from its first half", "leave it out");
        using var arena = model.Reserve(Generator.Plan(model.Decoder, model.Backend, side.Adapters, probe.Texts, probe.Length));
        var generator = new Generator(model.Decoder, model.Context.Tokenizer, model.Backend, arena, side.Adapters);
        return probe.Run(generator, model.Context.Tokenizer, done => notice(new NoticeProgress("memory", done, probe.Texts, "rows")), cancel);
    }

    /// <summary>Arena bytes of measuring on <paramref name="rows"/>.</summary>
    internal static long PlanArena(MeasuredRows rows, Decoder model, IAdapterSet? adapters, Backend backend)
    {
        var questions = rows.Asked.Questions;
        var losses = TokenLosses.Plan(model, adapters, rows.PassRows, backend);
        if (questions.Count == 0)
            return losses;
        var length = questions.Max(static q => q.Prompt.Length) + (long)rows.MaxNewTokens;
        return Math.Max(losses, Generator.Plan(model, backend, adapters, questions.Count, (int)Math.Min(int.MaxValue, length)));
    }

    private static RunRecord Record(EvalSide[] sides, MeasuredRows rows, Measurement model, Measurement? against, EvalOptions options)
    {
        var data = string.Join(", ", options.Data.Select(static s => Path.GetFileName(s.Path)));
        return new RunRecord
        {
            Title = against is null ? $"{sides[0].Name} on {data}" : $"{sides[0].Name} against {sides[1].Name} on {data}",
            Sides = against is null ? ("before", "after") : (sides[1].Name, sides[0].Name),
            Facts =
            [
                new("Model", Described(sides[0])),
                .. against is null ? Array.Empty<Fact>() : [new("Compared with", Described(sides[1]))],
                new("Rows", $"{Numbers.Count(rows.Test.Count)}, of which {Numbers.Count(rows.Asked.Questions.Count)} were answered"),
                new("Metrics", string.Join(", ", rows.Asked.Metrics.Select(static m => m.Name)) + (rows.Asked.Reason is { } why ? $" (chosen: {why})" : "")),
            ],
            Metrics = against is null ? [] : model.ChangesFrom(against, rows.Asked),
            Values = against is null ? model.Values(rows.Asked) : [],
            Confusions = model.Confusions(against, rows.Asked),
            Answers = model.Ends,
            Samples = model.Samples(against, rows, options.Samples),
            Environment = [.. TrainRun.Environment(sides[0].Model.Backend).Select(static p => new Fact(p.Key, p.Value)), new("attune", Manifest.Version)],
        };
    }

    internal static string Described(EvalSide side) =>
        side.Adapters is null ? side.Model.Context.Folder.Path : $"{side.Model.Context.Folder.Path} with the adapter {side.Model.Context.AdapterPath}";
}
