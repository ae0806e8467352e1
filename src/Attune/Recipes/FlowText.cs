using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Attune.Recipes;

/// <summary>
/// Small mappings as text on one line (<c>{path: a.csv, weight: 2, columns: {prompt: question}}</c>): the form in which the items of a list
/// stand in a recipe and behind a flag alike.
/// </summary>
internal static class FlowText
{
    /// <summary>Takes a mapping of scalars and such mappings from a parser, as text; null where it holds something else.</summary>
    /// <param name="parser">Stands before the mapping.</param>
    /// <param name="withLists">Whether lists of scalars and such lists may be values too.</param>
    public static string? Take(Parser parser, bool withLists = false)
    {
        parser.Consume<MappingStart>();
        var text = new StringBuilder("{");
        var plain = true;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.Accept<Scalar>(out var name))
            {
                text.Append(text.Length > 1 ? ", " : "").Append(YamlText.Scalar(name.Value)).Append(": ");
                parser.MoveNext();
                if (parser.Accept<Scalar>(out var value) && value.Anchor.IsEmpty && value.Tag.IsEmpty)
                    text.Append(YamlText.Scalar(value.Value));
                else if (parser.Accept<MappingStart>(out var inner) && inner.Anchor.IsEmpty && inner.Tag.IsEmpty)
                {
                    var mapping = Take(parser, withLists);
                    plain &= mapping is not null;
                    text.Append(mapping);
                    continue;
                }
                else if (withLists && parser.Accept<SequenceStart>(out var list) && list.Anchor.IsEmpty && list.Tag.IsEmpty)
                {
                    var items = TakeList(parser);
                    plain &= items is not null;
                    text.Append(items);
                    continue;
                }
                else
                    plain = false;
            }
            else
            {
                plain = false;
                parser.SkipThisAndNestedEvents();
            }
            parser.SkipThisAndNestedEvents();
        }
        return plain ? text.Append('}').ToString() : null;
    }

    /// <summary>The names and values of a mapping, an inner mapping or list as text again; null where the text is none.</summary>
    /// <param name="text">The text, with its braces.</param>
    /// <param name="withLists">Whether values may be lists.</param>
    public static IReadOnlyList<(string Name, string Value)>? Read(string text, bool withLists = false)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            parser.Consume<MappingStart>();
            var pairs = new List<(string, string)>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var name = parser.Consume<Scalar>().Value;
                if (parser.TryConsume<Scalar>(out var value)) pairs.Add((name, value.Value));
                else if (withLists && parser.Accept<SequenceStart>(out _) && TakeList(parser) is { } list) pairs.Add((name, list));
                else if (parser.Accept<MappingStart>(out _) && Take(parser, withLists) is { } inner) pairs.Add((name, inner));
                else return null;
            }
            parser.Consume<DocumentEnd>();
            return parser.Accept<StreamEnd>(out _) ? pairs : null;
        }
        catch (YamlException)
        {
            return null;
        }
    }

    /// <summary>The items of a list, an inner list as text again; null where the text is none.</summary>
    public static IReadOnlyList<string>? ReadList(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            parser.Consume<SequenceStart>();
            var items = new List<string>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                if (parser.TryConsume<Scalar>(out var item)) items.Add(item.Value);
                else if (parser.Accept<SequenceStart>(out _) && TakeList(parser) is { } inner) items.Add(inner);
                else return null;
            }
            return items;
        }
        catch (YamlException)
        {
            return null;
        }
    }

    private static string? TakeList(Parser parser)
    {
        parser.Consume<SequenceStart>();
        var items = new List<string>();
        var plain = true;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.Accept<Scalar>(out var item) && item.Anchor.IsEmpty && item.Tag.IsEmpty)
                items.Add(YamlText.Scalar(item.Value));
            else if (parser.Accept<SequenceStart>(out _))
            {
                var inner = TakeList(parser);
                plain &= inner is not null;
                items.Add(inner ?? "");
                continue;
            }
            else
                plain = false;
            parser.SkipThisAndNestedEvents();
        }
        return plain ? $"[{string.Join(", ", items)}]" : null;
    }

    /// <summary>Cuts a list at its commas, but not at those within braces or quotes.</summary>
    public static IReadOnlyList<string> Items(string list)
    {
        var (items, depth, start) = (new List<string>(), 0, 0);
        var quote = '\0';
        for (var i = 0; i <= list.Length; i++)
        {
            if (i < list.Length && !(list[i] == ',' && depth == 0 && quote == '\0'))
            {
                if (quote != '\0') quote = list[i] == quote ? '\0' : quote;
                else if (list[i] is '"' or '\'') quote = list[i];
                else depth += list[i] == '{' ? 1 : list[i] == '}' ? -1 : 0;
                continue;
            }
            if (list[start..i].Trim() is { Length: > 0 } item) items.Add(item);
            start = i + 1;
        }
        return items;
    }
}
