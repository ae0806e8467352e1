using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>A row shown in an account.</summary>
/// <param name="Row">Its number in the file.</param>
/// <param name="Score">Its score.</param>
/// <param name="Prompt">The beginning of what is asked.</param>
/// <param name="Answer">The beginning of what is to be learned.</param>
public sealed record ShownRow(int Row, double Score, string Prompt, string Answer);

/// <summary>How scores are spread.</summary>
/// <param name="Lowest">The smallest.</param>
/// <param name="Low">A tenth lie below.</param>
/// <param name="Median">Half lie below.</param>
/// <param name="High">A tenth lie above.</param>
/// <param name="Highest">The largest.</param>
public sealed record ScoreSpread(double Lowest, double Low, double Median, double High, double Highest)
{
    /// <summary>The spread of some scores; null of none.</summary>
    public static ScoreSpread? Of(IEnumerable<double> scores)
    {
        double[] sorted = [.. scores.Order()];
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        return sorted.Length == 0 ? null : new ScoreSpread(sorted[0], At(0.1), At(0.5), At(0.9), sorted[^1]);
    }
}

/// <summary>What was kept of a file, what was not, and why: stands beside the kept rows as <c>NAME.selection.json</c>.</summary>
public sealed record SelectionAccount
{
    private const string Mark = "attune_selection";
    private const int Version = 1;

    /// <summary>The selector.</summary>
    public required string By { get; init; }

    /// <summary>The budget as it was given.</summary>
    public required string Keep { get; init; }

    /// <summary>The model that was asked.</summary>
    public required string Model { get; init; }

    /// <summary>The name of the file that was chosen from.</summary>
    public required string Data { get; init; }

    /// <summary>Its rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows of it that are too long for the model.</summary>
    public required int TooLong { get; init; }

    /// <summary>Rows of it that ask what a validation row asks: they are never kept.</summary>
    public required int InValidation { get; init; }

    /// <summary>Rows that are kept.</summary>
    public required int Kept { get; init; }

    /// <summary>Tokens of the rows that could be kept.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens of those that are.</summary>
    public required long KeptTokens { get; init; }

    /// <summary>SHA-256 of the file of kept rows: an account holds for these bytes alone.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What is kept of each label, the most frequent first; empty where all rows were alike.</summary>
    public IReadOnlyList<LabelRows> Labels { get; init; } = [];

    /// <summary>What else is to be said, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the score is; empty where rows have none.</summary>
    public string ScoreName { get; init; } = "";

    /// <summary>Scores of kept rows.</summary>
    public ScoreSpread? KeptScores { get; init; }

    /// <summary>Scores of the others.</summary>
    public ScoreSpread? DroppedScores { get; init; }

    /// <summary>The first three rows of the selector's order.</summary>
    public IReadOnlyList<ShownRow> Best { get; init; } = [];

    /// <summary>The three rows that it would have kept last, or leaves out.</summary>
    public IReadOnlyList<ShownRow> Worst { get; init; } = [];

    /// <summary>Where the account of a file of rows stands.</summary>
    public static string PathFor(string rows) => Path.ChangeExtension(rows, ".selection.json");

    /// <summary>One line for screens and reports.</summary>
    public string Sentence => $"{Kept} of {Rows} rows of {Data}, chosen by {By} ({Keep}{(Labels.Count > 0 ? $", spread over {Labels.Count} labels" : "")}) with {Model}";

    /// <summary>Writes it, as a whole or not at all.</summary>
    public void Save(string path)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(json);
        bytes.WriteByte((byte)'\n');
        AtomicFile.WriteBytes(path, bytes.ToArray());
    }

    /// <summary>Its one line, of the account beside a file of rows; null where there is none, or it is of other bytes.</summary>
    /// <param name="rows">The file of rows.</param>
    /// <param name="sha256">Of the bytes that it has now, in lower-case hexadecimal digits.</param>
    /// <exception cref="UserErrorException">The account is damaged.</exception>
    public static string? SentenceFor(string rows, Func<string> sha256)
    {
        var path = PathFor(rows);
        if (!File.Exists(path))
            return null;
        var json = JsonView.Read(path);
        return json.Int(Mark) == Version && json.RequiredString("sha256") == sha256() ? json.RequiredString("sentence") : null;
    }

    /// <summary>Writes it as one JSON object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber(Mark, Version);
        json.WriteString("sentence", Sentence);
        foreach (var (name, text) in new[] { ("by", By), ("keep", Keep), ("model", Model), ("data", Data), ("sha256", Sha256) })
            json.WriteString(name, text);
        foreach (var (name, count) in new (string, long)[] { ("rows", Rows), ("too_long", TooLong), ("in_validation", InValidation), ("kept", Kept), ("tokens", Tokens), ("kept_tokens", KeptTokens) })
            json.WriteNumber(name, count);
        json.WriteStartArray("notes");
        foreach (var note in Notes)
            json.WriteStringValue(note);
        json.WriteEndArray();
        if (Labels.Count > 0)
            Write(json, Labels);
        if (ScoreName.Length > 0)
        {
            json.WriteString("score", ScoreName);
            Write(json, "kept_scores", KeptScores);
            Write(json, "dropped_scores", DroppedScores);
            Write(json, "best", Best);
            Write(json, "worst", Worst);
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<LabelRows> labels)
    {
        json.WriteStartArray("labels");
        foreach (var label in labels)
        {
            json.WriteStartObject();
            json.WriteString("label", label.Label);
            json.WriteNumber("rows", label.Rows);
            json.WriteNumber("kept", label.Kept);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, ScoreSpread? spread)
    {
        if (spread is null)
            return;
        json.WriteStartObject(name);
        foreach (var (part, value) in new[] { ("lowest", spread.Lowest), ("low", spread.Low), ("median", spread.Median), ("high", spread.High), ("highest", spread.Highest) })
            json.WriteNumber(part, value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<ShownRow> rows)
    {
        json.WriteStartArray(name);
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteNumber("row", row.Row);
            json.WriteNumber("score", row.Score);
            json.WriteString("prompt", row.Prompt);
            json.WriteString("answer", row.Answer);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
