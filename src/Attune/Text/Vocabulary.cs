namespace Attune.Text;

/// <summary>Tokens and their ids, both ways; ids may have gaps.</summary>
internal sealed class Vocabulary
{
    /// <summary>Beyond every real vocabulary (the largest have 300,000 tokens), and small enough that a table of that size does no harm.</summary>
    public const int MaximumId = 1 << 24;

    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private string?[] tokens = [];

    /// <summary>Highest id + 1.</summary>
    public int Size { get; private set; }

    public IReadOnlyDictionary<string, int> Ids => ids;

    public Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> BySpan => ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The token of that id, or null where no token has it.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)Size ? tokens[id] : null;

    public int? IdOf(string token) => ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>False where the token or the id is taken by another.</summary>
    public bool TryAdd(string token, int id)
    {
        if (TokenOf(id) is { } other) return other == token && ids[token] == id;
        if (!ids.TryAdd(token, id)) return false;
        if (id >= tokens.Length) Array.Resize(ref tokens, Math.Max(id + 1, tokens.Length * 2));
        tokens[id] = token;
        Size = Math.Max(Size, id + 1);
        return true;
    }
}
