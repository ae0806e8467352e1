using System.Globalization;
using Attune.Data;
using Attune.Evaluation;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Selection;

namespace Attune.Runs;

/// <summary>The rows of a run, read, checked and divided by what they are for.</summary>
public sealed record RunData
{
    private const int MostProbed = 32;

    /// <summary>Training rows.</summary>
    public required IReadOnlyList<Example> Train { get; init; }

    /// <summary>The rows of others among them; null for none.</summary>
    public RunReplay? Replay { get; init; }

    /// <summary>Rows that choose the best checkpoint; may be none.</summary>
    public required IReadOnlyList<Example> Valid { get; init; }

    /// <summary>Rows of the before and after; may be none.</summary>
    public required IReadOnlyList<Example> Test { get; init; }

    /// <summary>Rows to compare two forms of a model on: those of the test, or where there are none, of the training.</summary>
    public IReadOnlyList<Example> Shown => Test.Count > 0 ? Test : Train;

    /// <summary>General text, for what is forgotten; may be none.</summary>
    public required IReadOnlyList<Example> General { get; init; }

    /// <summary>What is asked on the test rows, and how the answers are judged.</summary>
    public required Asked Asked { get; init; }

    /// <summary>Looks for what is known by heart; null where nobody asks or no row is long enough.</summary>
    public MemorisationProbe? Probe { get; init; }

    /// <summary>What is known of how training files came to be: those that a selection wrote, one sentence each.</summary>
    public IReadOnlyList<string> Selected { get; init; } = [];

    /// <summary>How many training rows the model knows; null where nothing is known of that.</summary>
    public KnownFacts? Known { get; init; }

    /// <summary>What became of rows that augmentation made; null where there are none.</summary>
    public AugmentedRows? Augmented { get; init; }

    /// <summary>Tasks of suites that are measured before and after; may be none.</summary>
    public IReadOnlyList<SuiteRows> Suites { get; init; } = [];

    /// <summary>What the training files turned out to be.</summary>
    public required DataReport Report { get; init; }

    /// <summary>Ids that end an answer.</summary>
    public required IReadOnlyList<int> StopIds { get; init; }

    /// <summary>Every example of every set.</summary>
    public IEnumerable<Example> All => Train.Concat(Valid).Concat(Test).Concat(General).Concat(Asked.ChoiceExamples);

    /// <summary>Positions of the longest example of any set: what a pass must hold.</summary>
    public int Longest => All.Max(static e => e.Positions);

    /// <summary>Reads the files and decides what the recipe leaves open about them.</summary>
    /// <returns>The recipe with data and answers resolved, and the rows.</returns>
    internal static (Recipe Recipe, RunData Data) Read(Recipe recipe, ModelContext model, Choices choices, Action<RunNotice> notice, CancellationToken cancel)
    {
        var positions = model.Folder.Spec.MaxPositions;
        recipe = SourceFolders.Open(recipe, choices);
        var data = recipe.Data;
        var options = OptionsOf(data, model);
        DataSet Load(IReadOnlyList<DataSource> sources, string role)
        {
            var set = DataSet.Load(sources, model.Tokenizer, model.Template, options, cancel);
            notice(new NoticeData(role, set.Report, role == "train" ? set.Previews : []));
            return set;
        }

        var given = Load(data.Train, "train");
        IReadOnlyList<int> stops = [.. given.StopIds.Union(model.StopIds).Order()];
        var (train, valid) = data.Valid.Count > 0 ? (given.Examples, Load(data.Valid, "valid").Examples) : SplitOff(given.Examples, recipe, choices, notice);
        var test = data.Test.Count > 0 ? Load(data.Test, "test").Examples : [];
        // Of all rows, those too that are left out below: a second run, which reads with this length, must divide the same ones.
        var longest = given.Examples.Concat(valid).Concat(test).Max(static e => e.Ids.Length);
        (train, valid, test, var augmented) = KeepBorder(given.Examples, train, valid, test, data, notice);
        (train, var known) = Learned(train, recipe, model, notice);
        test = data.Test.Count > 0 ? test : MeasuredOnValid(valid, choices);
        var asked = Ask(recipe, model, choices, test, stops);
        recipe = recipe with { Data = data with { MaxLength = choices.MaxLength(data.MaxLength, longest, positions) }, Eval = recipe.Eval with { Metrics = [.. asked.Metrics.Select(static m => m.Name)] } };
        if (asked.Questions.Count > 0)
            recipe = recipe with { Eval = recipe.Eval with { MaxNewTokens = choices.MaxNewTokens(recipe.Eval.MaxNewTokens, Question.LongestAnswer(asked.Questions, model.Tokenizer)) } };
        (recipe, var probe) = LookFor(recipe, train, test, stops, choices);
        // Last, so that nothing that is chosen by the rows of the task depends on the others but the steps.
        RunReplay? replay = null;
        if (data.Replay.Count > 0)
        {
            options = options with { MaxLength = GeneralLength(recipe, positions), Truncation = TruncationPolicy.Drop, Shape = null, Columns = new Dictionary<string, string>() };
            (train, replay) = RunReplay.Mix(train, Load(data.Replay, "replay").Examples, [.. valid, .. test], data.ReplayFraction);
            notice(new NoticeReplay(replay));
        }
        return (recipe, new RunData
        {
            Train = train,
            Replay = replay,
            Probe = probe,
            Valid = valid,
            Test = test,
            General = GeneralText.Choose(recipe.Eval.General, model.Tokenizer, GeneralLength(recipe, positions)),
            Asked = asked,
            Known = known,
            Augmented = augmented,
            Selected = Selections(data.Train, notice, cancel),
            Suites = recipe.Eval.Suites.Count == 0 ? [] : SuiteSet.Read([model], new SuiteWish(recipe.Eval.Suites, recipe.Eval.SuiteData, recipe.Eval.SuiteRows), 1, notice, cancel)[0],
            Report = given.Report,
            StopIds = stops,
        });
    }

    private static DataOptions OptionsOf(DataRecipe data, ModelContext model)
    {
        var positions = model.Folder.Spec.MaxPositions;
        return data.MaxLength > positions
            ? throw new UserErrorException("data.max_length", $"is {data.MaxLength}; the model has {positions} positions", $"set it to {positions} or less")
            : new DataOptions
            {
                MaxLength = data.MaxLength ?? positions,
                Truncation = data.Truncation,
                Shape = data.Format,
                Columns = data.Columns,
                EosIds = [.. model.EndIds],
            };
    }

    private static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Valid, IReadOnlyList<Example> Test, AugmentedRows? Counts) KeepBorder(
        IReadOnlyList<Example> given, IReadOnlyList<Example> train, IReadOnlyList<Example> valid, IReadOnlyList<Example> test, DataRecipe data, Action<RunNotice> notice)
    {
        var kept = Border.Keep(given, train, valid, test);
        foreach (var (key, files, rows) in new[] { ("data.train", data.Train, kept.Train), ("data.valid", data.Valid, kept.Valid), ("data.test", data.Test, kept.Test) })
        {
            if (files.Count > 0 && rows.Count == 0)
                throw new UserErrorException(key, "holds augmented rows alone, of which none may stand here: they belong to training, beside parents that are not measured on", "give the rows that they were made of");
        }
        if (kept.Counts is { } counts)
            notice(new NoticeAugmented(counts));
        return kept;
    }

    private static IReadOnlyList<Example> MeasuredOnValid(IReadOnlyList<Example> valid, Choices choices)
    {
        choices.Note("data.test", "the validation rows", "no test rows are given: the gain is measured on rows that chose the checkpoint, so that it may be a little flattering");
        return valid;
    }

    private static (IReadOnlyList<Example> Rows, KnownFacts? Known) Learned(IReadOnlyList<Example> rows, Recipe recipe, ModelContext model, Action<RunNotice> notice)
    {
        (rows, var known) = UnknownRows.Apply(rows, recipe.Data, model, notice);
        if (recipe.Data.TrainFraction == 1)
            return (rows, known);
        var part = RowSubset.Take(rows, recipe.Data.TrainFraction, (ulong)recipe.Train.Seed);
        if (part.Count == 0)
            throw new UserErrorException("data.train_fraction", $"of {rows.Count} training rows {recipe.Data.TrainFraction.ToString(CultureInfo.InvariantCulture)} is none, as near-duplicates stay together", "raise it");
        notice(new NoticeText($"  learned from: {Numbers.Count(part.Count)} of {Numbers.Count(rows.Count)} training rows (data.train_fraction)"));
        return (part, known);
    }

    // An account holds for the bytes that it was written with alone.
    private static string[] Selections(IReadOnlyList<DataSource> files, Action<RunNotice> notice, CancellationToken cancel)
    {
        string[] found = [.. files.Select(f => SelectionAccount.SentenceFor(f.File, () => ManifestFile.Of("data.train", f.File, cancel).Sha256)).OfType<string>()];
        foreach (var sentence in found)
            notice(new NoticeText($"  selected: {sentence}"));
        return found;
    }

    private static Asked Ask(Recipe recipe, ModelContext model, Choices choices, IReadOnlyList<Example> test, IReadOnlyList<int> stops)
    {
        var data = recipe.Data;
        var files = data.Test.Count > 0 ? data.Test : data.Valid.Count > 0 ? data.Valid : data.Train;
        var asked = Asked.Of(test, files, new Wish(recipe.Eval.Metrics, recipe.Eval.Rows, recipe.Eval.Samples), stops, model.Tokenizer);
        if (asked.Reason is { } reason)
            choices.Note("eval.metrics", string.Join(", ", asked.Metrics.Select(static m => m.Name)), reason);
        if (recipe.Guard.Metric is { } guarded && asked.Metrics.All(m => m.Name != guarded))
        {
            throw new UserErrorException(
                "guard.metric", $"{guarded} is not measured: the metrics are {string.Join(", ", asked.Metrics.Select(static m => m.Name))}", "add it to eval.metrics, or leave it to auto");
        }
        MeasuredRows.RequirePositions(asked, model.Folder.Spec.MaxPositions);
        return asked;
    }

    private static (Recipe Recipe, MemorisationProbe? Probe) LookFor(
        Recipe recipe, IReadOnlyList<Example> train, IReadOnlyList<Example> unseen, IReadOnlyCollection<int> stops, Choices choices)
    {
        var wanted = recipe.Eval.Memorisation ?? (recipe.Train.FromScratch ? 0 : Math.Min(recipe.Eval.Rows, MostProbed));
        var probe = MemorisationProbe.Of(train, unseen, wanted, stops);
        var rows = probe is null ? 0 : wanted;
        if (recipe.Eval.Memorisation is null)
        {
            choices.Note("eval.memorisation", rows.ToString(CultureInfo.InvariantCulture),
                rows > 0 ? "as many as eval.rows, at most 32" : wanted > 0 ? "no trained part has the 8 tokens that can be cut in two" : "nothing is answered, or training begins from scratch");
        }
        if (probe is null && recipe.Guard.Memorisation is not null)
        {
            throw new UserErrorException(
                "guard.memorisation", wanted == 0 ? "what is known by heart is not measured" : $"no trained part has {MemorisationProbe.LeastTokens} tokens, so that none can be continued from its first half",
                wanted == 0 ? "set eval.memorisation" : "leave it out");
        }
        return (recipe with { Eval = recipe.Eval with { Memorisation = recipe.Eval.Memorisation ?? rows } }, probe);
    }

    // By what the resolved recipe holds, so that a second run cuts the text the same way; and never longer than a pass.
    private static int GeneralLength(Recipe recipe, int positions) => Math.Min(
        Math.Min(positions, 512),
        Math.Min(Math.Max(recipe.Data.MaxLength!.Value, 64), recipe.Train.MicroBatchTokens is { } rows ? rows + 1 : int.MaxValue));

    private static (IReadOnlyList<Example> Train, IReadOnlyList<Example> Valid) SplitOff(IReadOnlyList<Example> rows, Recipe recipe, Choices choices, Action<RunNotice> notice)
    {
        var fraction = recipe.Data.ValidFraction;
        if (fraction == 0)
            return (rows, []);
        var (train, valid) = Splitter.Split(rows, new SplitOptions { Fraction = fraction, Seed = (ulong)(recipe.Data.SplitSeed ?? recipe.Train.Seed) });
        if (fraction is null)
        {
            choices.Note("data.valid_fraction", SplitOptions.Share.ToString(CultureInfo.InvariantCulture),
                $"a tenth, between {SplitOptions.Min} and {SplitOptions.Max} rows and at most a quarter, near-duplicates on one side: {valid.Count} rows");
            return (train, valid);
        }
        if (valid.Count == 0)
            throw new UserErrorException("data.valid_fraction", $"of {rows.Count} training rows none can be held out, as near-duplicates stay together", "give more rows or data.valid, or set it to 0");
        notice(new NoticeText($"  held out: {Numbers.Count(valid.Count)} of {Numbers.Count(rows.Count)} training rows (data.valid_fraction), near-duplicates on one side"));
        return (train, valid);
    }
}
