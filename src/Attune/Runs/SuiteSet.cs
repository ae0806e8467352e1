using Attune.Data;
using Attune.Evaluation;
using Attune.Evaluation.Suites;
using Attune.Problems;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>Which suites are measured, and on what.</summary>
/// <param name="Names">Suites that come with Attune by their names, others by their files.</param>
/// <param name="Folder">Where the data sets lie that suites of Attune's own name; null for the working directory. A suite's file names its data from its own folder.</param>
/// <param name="Rows">Most rows of every task; null for what the suites say.</param>
public sealed record SuiteWish(IReadOnlyList<string> Names, string? Folder, int? Rows);

/// <summary>One task of a suite, ready to be measured.</summary>
/// <param name="Task">The task.</param>
/// <param name="Rows">What is asked.</param>
public sealed record SuiteRows(SuiteTask Task, MeasuredRows Rows)
{
    private static readonly Dictionary<SuiteCounts, MetricRole> Roles = new()
    {
        [SuiteCounts.Truth] = MetricRole.Truth,
        [SuiteCounts.Task] = MetricRole.Task,
        [SuiteCounts.Retention] = MetricRole.Retention,
    };

    /// <summary>What its numbers are evidence of.</summary>
    public MetricRole Role => Roles[Task.Counts];

    /// <summary>Positions of the longest choice; 0 where nothing is chosen.</summary>
    public int Longest => Rows.Asked.ChoiceExamples.Select(static e => e.Positions).DefaultIfEmpty(0).Max();
}

/// <summary>Reads suites for one model, or for two so that both are asked the same.</summary>
internal static class SuiteSet
{
    private const int WidestPass = 2048;

    /// <summary>The tasks for each model, row by row the same.</summary>
    /// <param name="models">One model, or two.</param>
    /// <param name="wish">Which suites.</param>
    /// <param name="passRows">Rows of a pass where choices allow it; null for as many as are worth it.</param>
    /// <param name="notice">Gets what is left out, and why.</param>
    /// <param name="cancel">Honoured between rows.</param>
    /// <exception cref="UserErrorException">A suite or its data are wrong, or of a suite no file is there.</exception>
    public static IReadOnlyList<IReadOnlyList<SuiteRows>> Read(
        IReadOnlyList<ModelContext> models, SuiteWish wish, int? passRows, Action<RunNotice> notice, CancellationToken cancel)
    {
        var tasks = models.Select(static _ => new List<SuiteRows>()).ToArray();
        foreach (var suite in wish.Names.Select(Suite.Open))
        {
            var (folder, before) = (suite.Folder ?? wish.Folder ?? ".", tasks[0].Count);
            var missing = new List<string>();
            foreach (var task in suite.Tasks)
            {
                var (files, lacks) = SuiteItems.Find(task, folder);
                if (lacks is not null)
                {
                    missing.Add($"{task.Name} ({lacks})");
                    continue;
                }
                var rows = Task(models, task, files, wish.Rows is { } most ? Math.Min(most, task.Rows) : task.Rows, passRows, notice, cancel);
                for (var side = 0; side < rows.Length; side++)
                    tasks[side].Add(rows[side]);
            }
            // Whoever wrote a suite meant its files to be there; the data sets of ours are where the user has them.
            if (missing.Count > 0 && (suite.Folder is not null || missing.Count == suite.Tasks.Count))
            {
                throw new UserErrorException($"suite {suite.Name}", $"{folder} lacks the files of {string.Join(", ", missing)}",
                    suite.Folder is null ? "name the folder that holds the data sets (--data, eval.suite_data)" : "put the files there, or mend the suite");
            }
            if (missing.Count > 0)
                notice(new NoticeText($"  suite {suite.Name}: left out, since {folder} lacks their files: {string.Join(", ", missing)}"));
            if (tasks[0].Count == before)
                throw new UserErrorException($"suite {suite.Name}", "no row of any task fits the model", "take a model with more positions, or other rows");
        }
        if (tasks[0].GroupBy(static t => t.Task.Name, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice)
            throw new UserErrorException("suites", $"two tasks have the name {twice.Key}", "give each a name of its own");
        return tasks;
    }

    private static SuiteRows[] Task(
        IReadOnlyList<ModelContext> models, SuiteTask task, IReadOnlyList<string> files, int wanted, int? passRows, Action<RunNotice> notice, CancellationToken cancel)
    {
        var read = models.Select(m => SuiteItems.Read(task, files, m.Tokenizer, m.Template, OptionsOf(m), wanted, cancel)).ToArray();
        var common = read.Select(static r => r.Items.Select(static i => i.Index)).Aggregate(static (a, b) => a.Intersect(b)).ToHashSet();
        var chosen = read.Select(r => SuiteItems.Spread([.. r.Items.Where(i => common.Contains(i.Index))], wanted)).ToArray();
        var left = read[0].Looked - common.Count;
        notice(new NoticeText($"  {task.Name}: {Numbers.Count(chosen[0].Count)} rows"
            + (left > 0 ? $"; {Numbers.Count(left)} of {Numbers.Count(read[0].Looked)} that were looked at are too long for the model" : "")));
        return chosen[0].Count == 0 ? [] : [.. models.Zip(chosen, (m, items) => new SuiteRows(task, Measured(m, task, items, passRows)))];
    }

    private static DataOptions OptionsOf(ModelContext model) => new()
    {
        // Room for an answer is left where one is written: what is written is at most as long as the positions allow.
        MaxLength = model.Folder.Spec.MaxPositions,
        EosIds = [.. model.EndIds],
    };

    private static MeasuredRows Measured(ModelContext model, SuiteTask task, IReadOnlyList<SuiteItem> items, int? passRows)
    {
        ChoiceQuestion[] choices = [.. items.Select(static i => i.Choices).OfType<ChoiceQuestion>()];
        var questions = task.Needs.HasFlag(Evaluation.Metrics.Evidence.Answers) ? items.Select(static i => i.Question) : [];
        var asked = new Asked(task.Metrics, [.. questions], choices, null);
        var all = choices.SelectMany(static c => c.Examples).ToArray();
        var longest = all.Length == 0 ? 1 : all.Max(static e => e.Positions);
        return new MeasuredRows
        {
            Test = [],
            General = [],
            Asked = asked,
            MaxNewTokens = task.MaxNewTokens,
            StopIds = model.StopIds,
            PassRows = Math.Max(longest, passRows ?? (int)Math.Min(WidestPass, all.Sum(static e => (long)e.Positions))),
        };
    }
}
