namespace Attune.Text;

/// <summary>Looks a component up by its "type"; one that is not in the table is named, with what there is.</summary>
internal static class Supported
{
    public static T Build<T>(IReadOnlyDictionary<string, Func<Section, T>> table, Section section, string what)
    {
        var type = section.Required("type");
        if (table.TryGetValue(type.Text(), out var build)) return build(section);
        throw type.Wrong(
            $"the {what} \"{type.Text()}\" is not supported; supported are {string.Join(", ", table.Keys.Order(StringComparer.Ordinal))}",
            "use a model whose tokenizer is a byte-level or SentencePiece-style BPE");
    }
}
