using Attune.Data;
using Attune.Evaluation;
using Attune.Problems;
using Attune.Reports;
using Attune.Selection;

namespace Attune.Runs;

/// <summary>Which rows of a file are kept.</summary>
public sealed record SelectOptions
{
    /// <summary>The file of rows.</summary>
    public required string Data { get; init; }

    /// <summary>Field of a row's shape → column of the file, where they differ.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Files of rows that stand for what is wanted; none of their rows is kept.</summary>
    public IReadOnlyList<DataSource> Valid { get; init; } = [];

    /// <summary>The selector's name.</summary>
    public required string By { get; init; }

    /// <summary>The budget: <c>500</c> rows, <c>30%</c>, <c>20000t</c> tokens.</summary>
    public required string Keep { get; init; }

    /// <summary>What the budget is spread over: <c>auto</c>, <c>none</c>, <c>label</c>, <c>label:PATTERN</c>, or a field of the rows.</summary>
    public string Per { get; init; } = PerDefault;

    /// <summary>Labels where the answers are some.</summary>
    public const string PerDefault = RowLabels.Auto;

    /// <summary>The file of kept rows.</summary>
    public required string Out { get; init; }

    /// <summary>The file of what is measured; null for one beside <see cref="Out"/>.</summary>
    public string? Scores { get; init; }

    /// <summary>The share of the rows, such as <c>30%</c>, that is left out before: those whose answers surprise the warmed-up model most; null for none.</summary>
    public string? Suspect { get; init; }

    /// <summary>Which end of the order is kept; null for the selector's own rule.</summary>
    public SelectionEnd? End { get; init; }

    /// <summary>The highest cosine of two kept rows; null to find it in the data.</summary>
    public double? Apart { get; init; }

    /// <summary>Rows that the model is tuned on for a moment before it is asked, as a number or a share; null for the selector's own rule.</summary>
    public string? WarmUp { get; init; }

    /// <summary>Highest learning rate of that; null for the one that training would take.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Numbers that a gradient is projected to.</summary>
    public int Projection { get; init; } = 1024;

    /// <summary>Decides all that is drawn.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Where what is measured stands.</summary>
    public string ScoresPath => Scores ?? Path.ChangeExtension(Out, ".scores.jsonl");
}

/// <summary>What came of it.</summary>
/// <param name="Account">What was kept, and what was not.</param>
/// <param name="Resumed">Measurements that the file of scores held already.</param>
/// <param name="Measured">All that are needed.</param>
public sealed record SelectResult(SelectionAccount Account, int Resumed, int Measured);

/// <summary>Keeps some rows of a file: by what a model says of them, or by chance.</summary>
public static class SelectRun
{
    private const int Shown = 3, ExcerptLength = 160;

    /// <summary>The selectors by name, with what each keeps.</summary>
    public static IReadOnlyList<(string Name, string Summary)> Known { get; } = [.. Selectors.All.Select(static s => (s.Name, s.Summary))];

    /// <summary>Measures what is not measured yet, and writes the rows that are kept, in the order of the file, with an account beside them.</summary>
    /// <param name="model">The model that is asked.</param>
    /// <param name="options">Which rows.</param>
    /// <param name="notice">Gets what is worth seeing.</param>
    /// <param name="cancel">Looked at often; what is measured stays, and the next run goes on behind it.</param>
    /// <exception cref="UserErrorException">Rows or options are wrong, or nothing would be kept.</exception>
    public static SelectResult Execute(InferenceModel model, SelectOptions options, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        Require(options);
        var (selector, budget) = (Selector(options), Budget.Parse(options.Keep));
        var read = new DataOptions { MaxLength = model.Decoder.Spec.MaxPositions, Columns = options.Columns, EosIds = [.. model.Context.EndIds] };
        var data = DataSet.Load([options.Data], model.Context.Tokenizer, model.Context.Template, read, cancel);
        notice(new NoticeData("data", data.Report, []));
        IReadOnlyList<SelectionRow>[] valid = [.. options.Valid.Select(v => SelectionRow.Of(DataSet.Load([v], model.Context.Tokenizer, model.Context.Template, read, cancel).Examples))];
        var all = SelectionRow.Of(data.Examples);
        var rows = Without(all, valid);
        if (rows.Count == 0)
            throw new UserErrorException(options.Data, "no row is left to choose from: each asks what a validation row asks", "give other rows to --valid");
        budget.Require(rows);
        var labels = RowLabels.Find(options.Per, LabelSource(model, options.Data, rows));
        var scoring = new RowScoring(model, options, selector, rows, labels is null ? valid : ByLabel(labels, valid, i => LabelSource(model, options.Valid[i], valid[i])));
        using var scores = scoring.Measure(notice, cancel, out var resumed);
        var wishes = new SelectorOptions { End = options.End, Apart = options.Apart, Seed = options.Seed, Rates = scoring.Rates, LossPass = scoring.LossPass };
        var input = new SelectionInput(rows, scores is null ? null : new ScoreView(scores), wishes);
        var choice = labels is null ? ChosenRows.Of(selector, input, budget) : ChosenRows.Of(selector, input, budget, labels);
        if (choice.Kept.Count == 0)
            throw new UserErrorException([choice.Ranking.Refusal ?? new Problem($"--keep {options.Keep}", "not one row is kept: the first that would be is longer", "give more tokens")]);
        var account = Account(model, options, (data, all, rows), (choice, budget));
        account = account with { Sha256 = Write(options, choice.Kept.Select(i => rows[i].Number).ToHashSet(), cancel) };
        account.Save(SelectionAccount.PathFor(options.Out));
        return new SelectResult(account, resumed, scores?.Done ?? 0);
    }

    /// <summary>Refuses wishes that contradict each other, before a model is opened.</summary>
    /// <exception cref="UserErrorException">Some do; all that is wrong is named.</exception>
    public static void Require(SelectOptions options)
    {
        var selector = Selector(options);
        Budget.Parse(options.Keep);
        var problems = new List<Problem>();
        if (selector.NeedsValidation && options.Valid.Count == 0)
            problems.Add(new Problem($"--by {selector.Name}", "needs rows that stand for what is wanted", "give --valid FILE"));
        if (options.End is not null && !selector.HasEnds)
            problems.Add(new Problem("--end", $"--by {selector.Name} has no ends to choose from", $"leave it out, or choose {string.Join(" or ", Selectors.All.Where(static s => s.HasEnds).Select(static s => s.Name))}"));
        if (options.Apart is not null && Selectors.Find(options.By) is not QualityDiversitySelector)
            problems.Add(new Problem("--apart", $"--by {selector.Name} reads no distance", "leave it out, or choose quality-diversity"));
        if (options.WarmUp is not null && selector.Measures.Count == 0)
            problems.Add(new Problem("--warm-up", $"--by {selector.Name} asks no model", "leave it out"));
        foreach (var (name, path) in new[] { ("--out", options.Out), ("--scores", options.ScoresPath) })
        {
            if (options.Valid.Select(static v => v.File).Append(new DataSource(options.Data).File).Any(f => Path.GetFullPath(f) == Path.GetFullPath(path)))
                problems.Add(new Problem($"{name} {path}", "is a file that is read: it would be lost", "give another name"));
        }
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }

    private static Selector Selector(SelectOptions options)
    {
        var selector = Selectors.Find(options.By);
        if (options.Suspect is not { } share)
            return selector;
        return Budget.Parse(share, "--suspect") is { Unit: BudgetUnit.Percent, Amount: < 100 } budget ? new SuspicionSelector(selector, budget.Amount / 100)
            : throw new UserErrorException($"--suspect {share}", "expected a share of the rows above 0 % and below 100 %", "write 30%");
    }

    // Neither a validation row itself nor another row that asks the same.
    private static IReadOnlyList<SelectionRow> Without(IReadOnlyList<SelectionRow> rows, IReadOnlyList<SelectionRow>[] valid)
    {
        var asked = valid.SelectMany(static v => v).SelectMany(static r => r.Examples).Select(static e => e.Group).ToHashSet();
        return [.. rows.Where(r => !r.Examples.Any(e => asked.Contains(e.Group)))];
    }

    // Each label is a task of its own: a row serves the one that it serves best.
    private static IReadOnlyList<SelectionRow>[] ByLabel(RowLabels labels, IReadOnlyList<SelectionRow>[] valid, Func<int, LabelSource> source) =>
        [.. valid.SelectMany((file, i) => file.Zip(labels.Of(source(i))).GroupBy(static r => r.Second, static r => r.First).OrderBy(static g => g.Key, StringComparer.Ordinal).Select(static g => g.ToArray()))];

    // As the metric of labels reads them: the last answer of each row.
    private static LabelSource LabelSource(InferenceModel model, DataSource from, IReadOnlyList<SelectionRow> rows)
    {
        string Answer(SelectionRow row) => Question.Of(row.Examples[^1], model.Context.EndIds, model.Context.Tokenizer).Expected;
        return new LabelSource([.. rows.Select(Answer)], field =>
        {
            var values = RowColumn.Read([from], field);
            return values.Count == 0 ? null : [.. rows.Select(r => values.GetValueOrDefault((r.Examples[0].File, r.Number))?.ToString() ?? "")];
        });
    }

    // In the format and the order of the file; returns the SHA-256 of what is written.
    private static string Write(SelectOptions options, HashSet<int> kept, CancellationToken cancel)
    {
        var file = RowFile.At(options.Data);
        RowWriter.Write(options.Out, file, RowFormats.Of(file).Open(file).Records().Where(r => kept.Contains(r.Number)).TakeWhile(_ =>
        {
            cancel.ThrowIfCancellationRequested();
            return true;
        }));
        return ManifestFile.Of("rows", options.Out, cancel).Sha256;
    }

    private static SelectionAccount Account(
        InferenceModel model, SelectOptions options, (DataSet Data, IReadOnlyList<SelectionRow> All, IReadOnlyList<SelectionRow> Rows) from, (ChosenRows Rows, Budget Budget) chosen)
    {
        var (ranking, kept, rows) = (chosen.Rows.Ranking, chosen.Rows.Kept, from.Rows);
        var isKept = kept.ToHashSet();
        var others = Enumerable.Range(0, rows.Count).Where(i => !isKept.Contains(i));
        var notes = new List<string>(ranking.Notes);
        notes.AddRange(ranking.LeftOut.Where(static l => l.Rows > 0).Select(static l => $"left out: {l.Rows} {l.Why}"));
        if (chosen.Budget.Unit != BudgetUnit.Tokens && kept.Count < chosen.Budget.RowsOf(rows.Count))
            notes.Add($"fewer are kept than the {chosen.Budget.RowsOf(rows.Count)} asked for: no more may be");
        var account = new SelectionAccount
        {
            By = options.By,
            Keep = options.Keep,
            Labels = chosen.Rows.Labels,
            Model = model.Context.Name,
            Data = Path.GetFileName(new DataSource(options.Data).File),
            Rows = from.Data.Report.Rows,
            TooLong = from.Data.Report.Rows - from.All.Count,
            InValidation = from.All.Count - rows.Count,
            Kept = kept.Count,
            Tokens = rows.Sum(static r => (long)r.Tokens),
            KeptTokens = kept.Sum(i => (long)rows[i].Tokens),
            Sha256 = "",
            Notes = notes,
        };
        if (ranking.Scores is not { } scores)
            return account;
        ShownRow Show(int i) => new(rows[i].Number, scores[i], Excerpt(model, rows[i].Examples[0].Prompt), Excerpt(model, rows[i].Examples[0].Answer));
        int[] order = [.. ranking.Order];
        // What is never kept is worse than all that might have been.
        int[] worst = [.. Enumerable.Range(0, rows.Count).Except(order).OrderByDescending(i => scores[i]).Take(Shown)];
        return account with
        {
            ScoreName = ranking.ScoreName,
            KeptScores = ScoreSpread.Of(kept.Select(i => scores[i])),
            DroppedScores = ScoreSpread.Of(others.Select(i => scores[i])),
            Best = [.. order.Take(Shown).Select(Show)],
            Worst = [.. worst.Concat(order.Reverse()).Take(Math.Min(Shown, rows.Count - Shown)).Select(Show)],
        };
    }

    private static string Excerpt(InferenceModel model, ReadOnlySpan<int> ids)
    {
        var text = model.Context.Tokenizer.Decode(ids, skipSpecialTokens: true).ReplaceLineEndings(" ").Trim();
        return text.Length <= ExcerptLength ? text : text[..(char.IsHighSurrogate(text[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength)] + " …";
    }
}
