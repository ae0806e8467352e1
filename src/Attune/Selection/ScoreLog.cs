using System.Buffers.Binary;
using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>What was measured of the rows so far, in a <see cref="JsonLog"/>: pass by pass, in each all rows in their order.</summary>
internal sealed class ScoreLog : IDisposable
{
    private static readonly JsonLogKind Kind = new("attune_scores", 1, "scores", "give what it was begun with, another --scores, or move it away");

    private readonly JsonLog log;
    private readonly IReadOnlyList<SelectionRow> rows;
    private readonly List<double[]> values = [];
    private int pass;

    private ScoreLog(string path, IReadOnlyList<(string Name, string Value)> settings, IReadOnlyList<SelectionRow> rows, ScoreShape shape)
    {
        this.rows = rows;
        Vectors = shape.VectorLength > 0 ? new Vectors(rows.Count, shape.VectorLength) : null;
        log = JsonLog.Open(path, Kind, settings, line => Read(path, line, shape));
    }

    /// <summary>Lines that are written: rows of all passes.</summary>
    public int Done => values.Count;

    /// <summary>The vectors of the rows; null where the measures have none.</summary>
    public Vectors? Vectors { get; }

    /// <summary>The numbers of a row in a pass.</summary>
    public double[] this[int inPass, int row] => values[inPass * rows.Count + row];

    /// <summary>Opens the scores of these settings and rows, or begins them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="settings">What decides the numbers.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="shape">What stands in a line.</param>
    /// <exception cref="UserErrorException">The file is of other settings or rows, or is damaged.</exception>
    public static ScoreLog Open(string path, IReadOnlyList<(string Name, string Value)> settings, IReadOnlyList<SelectionRow> rows, ScoreShape shape) => new(path, settings, rows, shape);

    /// <summary>Adds the next rows; they are on the disk when this returns.</summary>
    public void Append(IReadOnlyList<Measured> measured)
    {
        log.Append(measured.Select<Measured, Action<Utf8JsonWriter>>((m, i) => json => Write(json, rows[(Done + i) % rows.Count], m)));
        foreach (var m in measured)
            Take(m.Values, m.Vector);
    }

    /// <inheritdoc/>
    public void Dispose() => log.Dispose();

    private static void Write(Utf8JsonWriter json, SelectionRow row, Measured measured)
    {
        json.WriteNumber("row", row.Number);
        json.WriteString("hash", row.Hash);
        json.WriteStartArray("values");
        foreach (var value in measured.Values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
        if (measured.Vector is not { } vector)
            return;
        var bytes = new byte[4 * vector.Length];
        for (var i = 0; i < vector.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), vector[i]);
        json.WriteBase64String("vector", bytes);
    }

    private void Read(string path, JsonLogLine line, ScoreShape shape)
    {
        pass = Done / rows.Count;
        if (pass >= shape.ValuesOfPass.Count)
            throw new UserErrorException(path, $"holds more scores than the {rows.Count} rows", Kind.Remedy);
        var expected = rows[Done % rows.Count];
        if (line.Whole("row") is not { } number || line.Text("hash") is not { } hash || !line.Json.TryGetProperty("values", out var list) || list.ValueKind != JsonValueKind.Array)
            throw line.Damaged();
        if (number != expected.Number || hash != expected.Hash)
            throw new UserErrorException(line.Place, $"is of row {number}, where the data has row {expected.Number}", Kind.Remedy);
        double[] numbers = [.. list.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetDouble(out var n) && double.IsFinite(n) ? n : throw line.Damaged())];
        if (numbers.Length != shape.ValuesOfPass[pass])
            throw line.Damaged();
        Take(numbers, shape.VectorPass == pass ? ReadVector(line, shape.VectorLength) : null);
    }

    private static float[] ReadVector(JsonLogLine line, int length)
    {
        if (!line.Json.TryGetProperty("vector", out var text) || text.ValueKind != JsonValueKind.String || !text.TryGetBytesFromBase64(out var bytes) || bytes.Length != 4 * length)
            throw line.Damaged();
        var vector = new float[length];
        for (var i = 0; i < length; i++)
        {
            vector[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i));
            if (!float.IsFinite(vector[i]))
                throw line.Damaged();
        }
        return vector;
    }

    private void Take(double[] numbers, float[]? vector)
    {
        vector?.CopyTo(Vectors![Done % rows.Count]);
        values.Add(numbers);
    }
}

/// <summary>What the lines of a <see cref="ScoreLog"/> hold.</summary>
/// <param name="ValuesOfPass">Numbers of every row, by pass.</param>
/// <param name="VectorPass">The pass that has vectors; −1 for none.</param>
/// <param name="VectorLength">Their length.</param>
internal sealed record ScoreShape(IReadOnlyList<int> ValuesOfPass, int VectorPass, int VectorLength);
