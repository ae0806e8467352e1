namespace Attune.Data;

/// <summary>What happens to a row that is longer than the maximum. Counted in every case; an answer is never cut.</summary>
public enum TruncationPolicy
{
    /// <summary>The row is left out.</summary>
    Drop,

    /// <summary>The run is refused, with the rows named.</summary>
    Error,

    /// <summary>The prompt loses its beginning (a BOS stays); a row whose answer alone is too long is left out.</summary>
    PromptLeft,
}

/// <summary>How a data set is read.</summary>
public sealed record DataOptions
{
    /// <summary>Most tokens of one example, at least 2.</summary>
    public required int MaxLength { get; init; }

    /// <summary>What happens to longer rows. Documents are not concerned: they are cut into pieces.</summary>
    public TruncationPolicy Truncation { get; init; } = TruncationPolicy.Drop;

    /// <summary>Shape of the rows by its name (<c>messages</c>, <c>alpaca</c>, …); null to detect.</summary>
    public string? Shape { get; init; }

    /// <summary>Field of the shape → column of the file, or a template over columns (<c>prompt: question</c>).</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The end ids of config.json and generation_config.json; the tokenizer's own end token counts without being named.</summary>
    public IReadOnlyCollection<int> EosIds { get; init; } = [];
}
