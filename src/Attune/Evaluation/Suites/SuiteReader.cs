using System.Globalization;
using Attune.Data;
using Attune.Evaluation.Metrics;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Evaluation.Suites;

/// <summary>Reads a suite from JSON. All that is wrong is said at once, with the task and the key.</summary>
internal static class SuiteReader
{
    private static readonly string[] SuiteKeys = ["name", "about", "tasks"];

    private static readonly string[] TaskKeys =
    [
        "name", "about", "files", "prompt", "raw_prompt", "answer", "right", "wrong", "choices", "accepted", "separator", "close", "context", "flag",
        "abstains", "metrics", "rows", "max_new_tokens", "counts",
    ];

    private static readonly string[] FlagKeys = ["column", "is"];

    public static Suite Read(string path)
    {
        if (Directory.Exists(path))
            throw new UserErrorException(path, "is a folder, and a suite is a JSON file", "name the file in it");
        if (!File.Exists(path))
            throw new UserErrorException(path, "there is no such suite file, and no suite of this name", $"give a file, or one of {string.Join(", ", Suite.BuiltIn)}");
        return Parse(path, File.ReadAllBytes(path), Path.GetDirectoryName(Path.GetFullPath(path)));
    }

    public static Suite Parse(string file, ReadOnlySpan<byte> utf8, string? folder)
    {
        var view = JsonView.Parse(file, utf8);
        var problems = new List<Problem>();
        RefuseUnknown(view, SuiteKeys, "", problems);
        var name = view.String("name") ?? Path.GetFileNameWithoutExtension(file);
        var tasks = new List<SuiteTask>();
        foreach (var (i, task) in view.Objects("tasks").Index())
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"tasks[{i}].");
            RefuseUnknown(task, TaskKeys, place, problems);
            try
            {
                tasks.Add(Task(task, file, place, name, problems));
            }
            catch (UserErrorException e)
            {
                problems.AddRange(e.Problems);
            }
        }
        if (tasks.Count == 0 && problems.Count == 0)
            problems.Add(new Problem($"{file}, tasks", "expected at least one task, found none", "docs/truth.md shows a suite"));
        if (tasks.GroupBy(static t => t.Name, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice)
            problems.Add(new Problem($"{file}, tasks", $"two tasks have the name {twice.Key}", "give each a name of its own"));
        return problems.Count == 0 ? new Suite(name, folder, tasks) : throw new UserErrorException(problems);
    }

    private static SuiteTask Task(JsonView task, string file, string place, string suite, List<Problem> problems)
    {
        var counts = task.String("counts") ?? "truth";
        var read = new SuiteTask
        {
            Name = task.RequiredString("name"),
            About = task.String("about") ?? "",
            Files = task.Strings("files") is { Count: > 0 } files ? files : throw task.Wrong("files", "a list of at least one file", "none"),
            Prompt = task.RequiredString("prompt"),
            RawPrompt = task.String("raw_prompt"),
            Answer = task.RequiredString("answer"),
            Right = task.String("right"),
            Wrong = task.String("wrong"),
            Choices = task.Strings("choices") ?? [],
            Accepted = task.String("accepted"),
            Separator = task.String("separator") is { Length: > 0 } between ? between : ";",
            Close = task.String("close") ?? "",
            Context = task.String("context"),
            Flag = Flag(task, place, problems),
            Abstains = task.Strings("abstains") ?? [],
            Metrics = [],
            Rows = task.Int("rows", 1, 1_000_000) ?? SuiteTask.DefaultRows,
            MaxNewTokens = task.Int("max_new_tokens", 1, 1 << 16) ?? SuiteTask.DefaultTokens,
            Counts = counts switch
            {
                "truth" => SuiteCounts.Truth,
                "task" => SuiteCounts.Task,
                "retention" => SuiteCounts.Retention,
                _ => throw task.Wrong("counts", "truth, task or retention", $"'{counts}'"),
            },
        };
        foreach (var (key, column) in Columns(read))
        {
            if (column is not null && Column.Parse(column, out var problem) is null)
                problems.Add(new Problem($"{file}, {place}{key}", problem, "mend it"));
        }
        return read with { Metrics = Metrics(task, read, file, place, suite, problems) };
    }

    private static (string Key, string? Column)[] Columns(SuiteTask t) =>
    [
        ("prompt", t.Prompt), ("raw_prompt", t.RawPrompt), ("answer", t.Answer), ("right", t.Right), ("wrong", t.Wrong), ("accepted", t.Accepted),
        ("context", t.Context), ("flag.column", t.Flag?.Column),
    ];

    private static SuiteFlag? Flag(JsonView task, string place, List<Problem> problems)
    {
        if (task.Object("flag") is not { } flag)
            return null;
        RefuseUnknown(flag, FlagKeys, place + "flag.", problems);
        return new SuiteFlag(flag.RequiredString("column"), flag.Strings("is") is { Count: > 0 } values ? values : throw flag.Wrong("is", "a list of values", "none"));
    }

    private static List<Metric> Metrics(JsonView task, SuiteTask read, string file, string place, string suite, List<Problem> problems)
    {
        var metrics = new List<Metric>();
        foreach (var name in task.Strings("metrics") ?? [])
        {
            var parsed = SuiteMetrics.Parse(name, read);
            if (parsed.Metric is { } metric)
            {
                metric.Name = $"{suite}.{read.Name}.{name}";
                metrics.Add(metric);
            }
            else
                problems.Add(new Problem($"{file}, {place}metrics", parsed.Problem!, $"there are {SuiteMetrics.Forms}"));
        }
        if (metrics.Count == 0 && problems.Count == 0)
            problems.Add(new Problem($"{file}, {place}metrics", "expected at least one metric, found none", $"there are {SuiteMetrics.Forms}"));
        return metrics;
    }

    private static void RefuseUnknown(JsonView view, string[] known, string place, List<Problem> problems)
    {
        foreach (var (key, _) in view.Json.Where(p => !known.Contains(p.Key)))
        {
            problems.Add(new Problem(
                $"{view.File}, {place}{key}", "is no key of a suite",
                Nearest.To(key, known) is { } near ? $"did you mean {near}?" : $"there are {string.Join(", ", known)}"));
        }
    }
}
