namespace Attune.Data;

/// <summary>The same files as two tokenizers, or two templates, read them: example beside example.</summary>
internal static class RowPairs
{
    /// <summary>Each example of the one with the other's of the same row. A row may become several examples; the first of the one belongs to the first of the other.</summary>
    /// <param name="first">Every one of them is in the result, in this order.</param>
    /// <param name="second">Those without a counterpart are left out.</param>
    /// <returns>Pairs; null where the other has no example, or no further one, of the row.</returns>
    public static IReadOnlyList<(Example First, Example? Second)> Of(IReadOnlyList<Example> first, IReadOnlyList<Example> second)
    {
        var waiting = second.GroupBy(static e => (e.File, e.Row)).ToDictionary(static g => g.Key, static g => new Queue<Example>(g));
        return [.. first.Select(e => (e, waiting.TryGetValue((e.File, e.Row), out var queue) && queue.TryDequeue(out var other) ? other : null))];
    }
}
