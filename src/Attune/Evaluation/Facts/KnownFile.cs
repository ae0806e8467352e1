using System.Globalization;
using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Evaluation.Facts;

/// <summary>What a model knows of rows, in a <see cref="JsonLog"/> that says by which model and how it was found out.</summary>
public sealed class KnownFile : IDisposable
{
    private static readonly JsonLogKind Kind = new("attune_known", 1, "known facts", "make one with attune data known, by this model and these options, in a file of its own");

    private readonly JsonLog log;

    private KnownFile(JsonLog log) => this.log = log;

    /// <summary>Opens the file of these settings to add rows to it, or begins it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What decides the categories: model, rows, prompts.</param>
    /// <param name="done">The rows that it holds.</param>
    /// <exception cref="UserErrorException">The file is of other settings, or none of ours.</exception>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public static KnownFile Append(string path, IReadOnlyList<(string Name, string Value)> settings, out IReadOnlyList<KnownRow> done)
    {
        var rows = new List<KnownRow>();
        var log = JsonLog.Open(path, Kind, settings, line => rows.Add(Row(line)));
        done = rows;
        return new KnownFile(log);
    }

    /// <summary>Reads a finished file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What must agree: the model, say.</param>
    /// <returns>The rows by their hashes.</returns>
    /// <exception cref="UserErrorException">It is of another model, unfinished, or damaged.</exception>
    public static IReadOnlyDictionary<string, KnownRow> Read(string path, IReadOnlyList<(string Name, string Value)> settings)
    {
        var rows = new List<KnownRow>();
        var written = JsonLog.Read(path, Kind, settings, line => rows.Add(Row(line)));
        if (!int.TryParse(written.GetValueOrDefault("rows"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
            throw new UserErrorException(path, "does not say how many rows it is of: the file is damaged", Kind.Remedy);
        return rows.Count == wanted
            ? rows.DistinctBy(static r => r.Hash).ToDictionary(static r => r.Hash, StringComparer.Ordinal)
            : throw new UserErrorException(path, $"holds {rows.Count} of {wanted} rows", "run attune data known again with the same options: it goes on where it stopped");
    }

    /// <summary>Adds a row; it is on the disk when this returns.</summary>
    public void Add(KnownRow row) => log.Append(json =>
    {
        json.WriteString("file", row.File);
        json.WriteNumber("row", row.Row);
        json.WriteString("hash", row.Hash);
        json.WriteString("category", row.Category.ToString());
        if (row.Greedy is { } greedy)
            json.WriteNumber("greedy", Math.Round(greedy, 6));
        if (row.Sampled is { } sampled)
            json.WriteNumber("sampled", Math.Round(sampled, 6));
    });

    /// <inheritdoc />
    public void Dispose() => log.Dispose();

    private static KnownRow Row(JsonLogLine line) =>
        line.Text("file") is { } name && line.Text("hash") is { Length: 32 } hash && line.Whole("row") is { } number
            && Enum.TryParse<Known>(line.Text("category"), out var category) && Enum.IsDefined(category)
            ? new KnownRow(name, number, hash, category, Share(line.Json, "greedy"), Share(line.Json, "sampled"))
            : throw line.Damaged();

    private static double? Share(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var share) && share is >= 0 and <= 1 ? share : null;
}
