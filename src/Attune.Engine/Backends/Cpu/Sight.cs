namespace Attune.Engine.Backends.Cpu;

/// <summary>
/// Which keys of a block the queries of a block see: query i sits on key position + i, counted from the block's first key, and sees it
/// and the keys before it, within the window. Both directions of the question are intervals that move on with what is asked for.
/// </summary>
/// <param name="position">Key of query 0.</param>
/// <param name="window">See <see cref="AttentionShape"/>.</param>
/// <param name="queries">Queries of the block.</param>
/// <param name="keys">Keys of the block.</param>
internal readonly struct Sight(int position, int window, int queries, int keys)
{
    /// <summary>Queries of the block.</summary>
    public int Queries => queries;

    /// <summary>Keys of the block.</summary>
    public int Keys => keys;

    /// <summary>The first key that query <paramref name="query"/> sees.</summary>
    public int FirstKey(int query) => window == 0 ? 0 : (int)Math.Clamp((long)position + query - window + 1, 0, keys);

    /// <summary>The key behind the last that query <paramref name="query"/> sees.</summary>
    public int EndKey(int query) => Math.Clamp(position + query + 1, 0, keys);

    /// <summary>The first query that sees key <paramref name="key"/>.</summary>
    public int FirstQuery(int key) => Math.Clamp(key - position, 0, queries);

    /// <summary>The query behind the last that sees key <paramref name="key"/>.</summary>
    public int EndQuery(int key) => window == 0 ? queries : (int)Math.Clamp((long)key - position + window, 0, queries);
}
