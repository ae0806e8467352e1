using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Problems;
using Attune.Text;

namespace Attune.Evaluation.Suites;

/// <summary>A row of a task as a model is asked it.</summary>
/// <param name="Index">Its number among the rows that were looked at, the same for every model.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Choices">What is chosen among; null where nothing is.</param>
public sealed record SuiteItem(int Index, Question Question, ChoiceQuestion? Choices);

/// <summary>The rows of a task, for one model.</summary>
/// <param name="Items">Those that fit it, in the order of the files.</param>
/// <param name="Looked">How many were looked at.</param>
public sealed record SuiteItems(IReadOnlyList<SuiteItem> Items, int Looked)
{
    // More than are wanted, since some may be too long for the model; not all, since files may be large.
    private const int Spare = 4;

    /// <summary>The files of a task, or what is missing.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">The folder of the data.</param>
    /// <returns>Paths with their parts; or the first name that nothing was found for.</returns>
    public static (IReadOnlyList<string> Files, string? Missing) Find(SuiteTask task, string folder)
    {
        var found = new List<string>();
        foreach (var given in task.Files)
        {
            var path = DataPath.Of(given);
            // The folder may be the data set's own: its name is then left out of the pattern.
            var inner = path.File.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? path.File[(slash + 1)..] : path.File;
            if ((Match(folder, path.File) ?? Match(folder, inner)) is not { } file)
                return ([], given);
            found.Add(path.Part is null ? file : $"{file}#{path.Part}");
        }
        return (found, null);
    }

    /// <summary>Reads the rows of a task for one model: spread evenly over the files, with a flag as many with as without.</summary>
    /// <param name="task">The task.</param>
    /// <param name="files">Its files, see <see cref="Find"/>.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The chat template that rules, or null.</param>
    /// <param name="options">Most tokens of an example, end ids.</param>
    /// <param name="wanted">Most rows that will be asked.</param>
    /// <param name="cancel">Honoured between rows.</param>
    /// <exception cref="UserErrorException">A file or a row is wrong.</exception>
    public static SuiteItems Read(
        SuiteTask task, IReadOnlyList<string> files, Tokenizer tokenizer, ChatTemplate? template, DataOptions options, int wanted, CancellationToken cancel)
    {
        var problems = new ProblemList();
        var rows = files.Select(static (string p) => RowFile.At(p)).SelectMany(f => RowFormats.Of(f).Open(f).Read(problems)).ToList();
        problems.ThrowIfAny();
        var looked = Candidates(task, rows, (int)Math.Min(int.MaxValue, (long)Spare * wanted), problems);
        var maker = new ItemMaker(task, tokenizer, template, options, problems);
        var items = new List<SuiteItem>();
        foreach (var (index, row) in looked.Index())
        {
            cancel.ThrowIfCancellationRequested();
            if (maker.Make(index, row) is { } item)
                items.Add(item);
        }
        problems.ThrowIfAny();
        return new SuiteItems(items, looked.Count);
    }

    /// <summary>At most <paramref name="wanted"/> of the items, spread evenly; with a flag as many with as without.</summary>
    public static IReadOnlyList<SuiteItem> Spread(IReadOnlyList<SuiteItem> items, int wanted) => Balanced(items, static i => i.Question.Flag, wanted);

    private static List<Row> Candidates(SuiteTask task, List<Row> rows, int most, ProblemList problems)
    {
        if (task.Flag is not { } flag)
            return [.. Question.Spread(rows, most)];
        var column = Column.Parse(flag.Column, out _)!;
        var flagged = rows.ConvertAll(r => (Row: r, Flag: FlagOf(flag, column, r, problems)));
        problems.ThrowIfAny();
        return [.. Balanced(flagged, static r => r.Flag, most).Select(static r => r.Row)];
    }

    internal static bool? FlagOf(SuiteFlag flag, Column column, Row row, ProblemList problems) =>
        column.Value(row, problems) is { } value ? flag.Is.Contains(ItemMaker.TextOf(value), StringComparer.OrdinalIgnoreCase) : null;

    private static IReadOnlyList<T> Balanced<T>(IReadOnlyList<T> items, Func<T, bool?> flag, int wanted)
    {
        var yes = items.Index().Where(i => flag(i.Item) == true).ToArray();
        var others = items.Index().Where(i => flag(i.Item) != true).ToArray();
        if (yes.Length == 0 || others.Length == 0)
            return [.. Question.Spread(items, wanted)];
        var half = Math.Max(1, wanted / 2);
        var (first, second) = (Math.Min(half, yes.Length), Math.Min(half, others.Length));
        // What the one kind lacks the other does not make up for: equal parts are what the numbers mean.
        var each = Math.Min(first, second);
        return [.. Question.Spread(yes, each).Concat(Question.Spread(others, each)).OrderBy(static i => i.Index).Select(static i => i.Item)];
    }

    private static string? Match(string folder, string pattern)
    {
        var directory = Path.GetDirectoryName(Path.Combine(folder, pattern)) is { Length: > 0 } parent ? parent : folder;
        return Directory.Exists(directory) ? Directory.EnumerateFiles(directory, Path.GetFileName(pattern)).Order(StringComparer.Ordinal).FirstOrDefault() : null;
    }
}

/// <summary>Row → question and choices, in the very form that training rows have.</summary>
internal sealed class ItemMaker
{
    private readonly SuiteTask task;
    private readonly Tokenizer tokenizer;
    private readonly ProblemList problems;
    private readonly ExampleBuilder builder;
    private readonly int longest;
    private readonly bool raw;
    private readonly Column prompt, answer;
    private readonly Column? right, wrong, accepted, context, flag;

    public ItemMaker(SuiteTask task, Tokenizer tokenizer, ChatTemplate? template, DataOptions options, ProblemList problems)
    {
        (this.task, this.tokenizer, this.problems, longest, raw) = (task, tokenizer, problems, options.MaxLength, template is null);
        builder = new ExampleBuilder(tokenizer, template, options);
        prompt = Parse(raw ? task.RawPrompt ?? task.Prompt : task.Prompt)!;
        answer = Parse(task.Answer)!;
        (right, wrong, accepted, context, flag) = (Parse(task.Right), Parse(task.Wrong), Parse(task.Accepted), Parse(task.Context), Parse(task.Flag?.Column));
    }

    /// <summary>The item; null where it is too long, or (with problems added) wrong.</summary>
    public SuiteItem? Make(int index, Row row)
    {
        var before = problems.Count;
        var (asked, best) = (TextOf(prompt.Value(row, problems)), TextOf(answer.Value(row, problems)).Trim());
        if (task.Choices.Count > 0)
            best = task.Choices.FirstOrDefault(c => c.Equals(best, StringComparison.OrdinalIgnoreCase)) ?? Refuse(row, $"the answer '{best}' is none of the choices {string.Join(", ", task.Choices)}");
        if (best.Length == 0 && problems.Count == before)
            Refuse(row, "the answer is empty");
        if (problems.Count != before)
            return null;
        // Without a template prompt and answer are joined as they stand, and a word must not grow out of the two.
        var lead = raw && !asked.EndsWith(' ') && !asked.EndsWith('\n') ? " " : "";
        var chat = new Conversation(row.File, row.Number, ConversationKind.Completion, [new("user", asked, false), new("assistant", lead + best, true)]);
        if (builder.Build(chat, problems).FirstOrDefault() is not { } example)
            return null;
        var question = Question.Of(example, builder.StopIds, tokenizer) with
        {
            Accepted = Values(accepted, row),
            Context = context is null ? "" : TextOf(context.Value(row, problems)),
            Flag = flag is null ? null : SuiteItems.FlagOf(task.Flag!, flag, row, problems),
        };
        var choices = (task.Needs & Metrics.Evidence.Choices) == 0 ? null : Choices(question, best, row);
        if (accepted is not null && question.Accepted.Count == 0)
            Refuse(row, $"`{task.Accepted}` holds no answer");
        return problems.Count != before || choices?.Examples.Any(e => e.Ids.Length > longest) == true ? null : new SuiteItem(index, question, choices);
    }

    /// <summary>A value as text: a list one item a line.</summary>
    internal static string TextOf(JsonNode? value) => value switch
    {
        null => "",
        JsonArray list => string.Join('\n', list.Select(TextOf)),
        _ => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString(),
    };

    private ChoiceQuestion? Choices(Question question, string best, Row row)
    {
        if (task.Choices.Count > 0)
            return ChoiceQuestion.OfTexts(question, task.Choices, task.Choices.ToList().IndexOf(best), tokenizer);
        if (wrong is null)
            return ChoiceQuestion.OfTexts(question, [Closed(best)], 0, tokenizer) with { Flag = question.Flag };
        var truths = Values(right, row).Prepend(best).Select(Closed).Distinct(StringComparer.Ordinal).ToArray();
        var lies = Values(wrong, row).Select(Closed).Distinct(StringComparer.Ordinal).Except(truths, StringComparer.Ordinal).ToArray();
        if (lies.Length == 0)
        {
            Refuse(row, $"`{task.Wrong}` holds no answer that is not a right one");
            return null;
        }
        return ChoiceQuestion.OfTexts(question, [.. truths, .. lies], 0, tokenizer) with { True = truths.Length };
    }

    private List<string> Values(Column? column, Row row) => column?.Value(row, problems) switch
    {
        null => [],
        JsonArray list => [.. list.Select(TextOf).Select(static t => t.Trim()).Where(static t => t.Length > 0)],
        var value => [.. TextOf(value).Split(task.Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
    };

    private string Closed(string text) => text.EndsWith(task.Close, StringComparison.Ordinal) ? text : text + task.Close;

    private string Refuse(Row row, string message)
    {
        problems.Add(row.Place, $"task {task.Name}: {message}", "mend the row, or the task's columns");
        return "";
    }

    private static Column? Parse(string? text) => text is null ? null : Column.Parse(text, out _);
}
