using System.Security.Cryptography;
using System.Text;
using Attune.Data;

namespace Attune.Selection;

/// <summary>A row of a file that may be kept, as it would be trained on.</summary>
/// <param name="Number">Its number in the file, from 1.</param>
/// <param name="Examples">What it becomes: one example as a rule, several where the template or the length divides it.</param>
internal sealed record SelectionRow(int Number, IReadOnlyList<Example> Examples)
{
    /// <summary>Of its tokens and of which of them are trained: a row with other words is another row.</summary>
    public string Hash { get; } = HashOf(Examples);

    /// <summary>Tokens, those of prompts and of the template too: what a budget in tokens counts.</summary>
    public int Tokens => Examples.Sum(static e => e.Ids.Length);

    /// <summary>How errors name it.</summary>
    public string Place => $"{Examples[0].File}, row {Number}";

    /// <summary>The rows of one file, in its order. Rows that were too long have no example and are not among them.</summary>
    public static IReadOnlyList<SelectionRow> Of(IEnumerable<Example> examples) => [.. examples.GroupBy(static e => e.Row).Select(static g => new SelectionRow(g.Key, [.. g])).OrderBy(static r => r.Number)];

    /// <summary>One hash of all rows in their order.</summary>
    public static string HashOf(IReadOnlyList<SelectionRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows)
            hash.AppendData(Encoding.ASCII.GetBytes(row.Hash));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static string HashOf(IReadOnlyList<Example> examples) => examples.Count == 1
        ? ExampleKey.Of(examples[0]).ToString()
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(examples.Select(static e => ExampleKey.Of(e).ToString())))).AsSpan(0, 16));
}
