namespace Attune.Data;

/// <summary><c>{text}</c>: a document, learned from its first word to the end token.</summary>
internal static class TextShape
{
    public static Conversation? Map(Row row, ProblemList problems)
    {
        var text = RowFields.Text(row, "text", problems);
        if (text is null) return null;
        if (string.IsNullOrWhiteSpace(text))
        {
            problems.Add(row.Place, "`text` is empty: there is nothing to learn", "remove the row", RowFault.Empty);
            return null;
        }
        return new Conversation(row.File, row.Number, ConversationKind.Document, [new Turn("text", text, true)]);
    }
}
