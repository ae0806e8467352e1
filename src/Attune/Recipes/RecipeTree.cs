using Attune.Problems;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Attune.Recipes;

/// <summary>A value with the place at which it stands.</summary>
internal sealed record RecipeEntry(string Key, string? Scalar, IReadOnlyList<string>? List, string Place);

/// <summary>
/// Reads the YAML of a recipe, event by event, into a flat list of keys and values, so that every problem has its line and column and
/// one mistake does not hide the next. Recipes are two levels deep; anchors, aliases and tags have no use in them and are refused,
/// which also keeps a hostile file from unfolding.
/// </summary>
internal sealed class RecipeTree
{
    /// <summary>The key that holds pairs.</summary>
    public const string ColumnsKey = "data.columns";

    private const int Limit = 1 << 20;

    private readonly string file;
    private readonly List<Problem> problems;
    private readonly List<RecipeEntry> entries = [];
    private readonly Parser parser;

    private RecipeTree(string yaml, string file, List<Problem> problems)
    {
        this.file = file;
        this.problems = problems;
        parser = new Parser(new StringReader(yaml));
    }

    public static IReadOnlyList<RecipeEntry> Read(string yaml, string file, List<Problem> problems)
    {
        if (yaml.Length > Limit)
        {
            problems.Add(new(file, $"expected a recipe of at most {Limit:N0} characters, found {yaml.Length:N0}", "is this a data file? Give it as data.train"));
            return [];
        }

        var tree = new RecipeTree(yaml, file, problems);
        try
        {
            tree.Document();
        }
        catch (YamlException e)
        {
            problems.Add(new(tree.At(e.Start, ""), "this is not YAML: " + e.Message.TrimEnd('.'), "check indentation, quotes and colons around here"));
        }

        return tree.entries;
    }

    private void Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return;
        parser.Consume<DocumentStart>();
        if (parser.Accept<Scalar>(out var nothing) && nothing.Value.Length == 0)
            parser.MoveNext();
        else if (parser.TryConsume<MappingStart>(out _))
            Mapping("", 0);
        else
        {
            problems.Add(new(At(parser.Current!.Start, ""), "expected keys with values (model: …)", "see the keys with: attune train --help"));
            return;
        }

        parser.Consume<DocumentEnd>();
        if (!parser.Accept<StreamEnd>(out _))
            problems.Add(new(At(parser.Current!.Start, ""), "expected one document, found a second one", "one recipe a file"));
    }

    private void Mapping(string prefix, int depth)
    {
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var name))
            {
                problems.Add(new(At(parser.Current!.Start, prefix), "expected the name of a key"));
                parser.SkipThisAndNestedEvents();
                parser.SkipThisAndNestedEvents();
                continue;
            }

            var key = prefix.Length == 0 ? name.Value : prefix + "." + name.Value;
            Value(key, At(name.Start, key), depth);
        }
    }

    private void Value(string key, string place, int depth)
    {
        var here = parser.Current!;
        if (here is AnchorAlias || here is NodeEvent { Anchor.IsEmpty: false } || here is NodeEvent { Tag.IsEmpty: false })
        {
            problems.Add(new(At(here.Start, key), "anchors, aliases and tags (& * !) have no meaning in a recipe", "write the value itself, in quotes if it begins so"));
            parser.SkipThisAndNestedEvents();
        }
        else if (parser.TryConsume<Scalar>(out var scalar))
        {
            // "data:" with nothing under it is an empty section, not a value.
            var empty = scalar.Value.Length == 0 && scalar.Style == ScalarStyle.Plain;
            if (!empty || !RecipeKeys.Sections.Contains(key))
                entries.Add(new(key, scalar.Value, null, At(scalar.Start, key)));
        }
        else if (parser.TryConsume<SequenceStart>(out _))
            Sequence(key, place);
        else if (here is MappingStart && RecipeKeys.Find(key) is { TakesMappings: true })
            Item(key, place);
        else if (key == ColumnsKey && parser.TryConsume<MappingStart>(out _))
            Pairs(key, place);
        else if (depth == 0 && RecipeKeys.Find(key) is null && (parser.TryConsume<MappingStart>(out _)))
        {
            if (RecipeKeys.Sections.Contains(key))
                Mapping(key, depth + 1);
            else
            {
                problems.Add(RecipeReader.Unknown(key, place));
                SkipRestOfMapping();
            }
        }
        else
        {
            var form = RecipeKeys.Find(key)?.Form;
            problems.Add(form is null ? RecipeReader.Unknown(key, place) : new(place, $"expected {form}, found keys below it"));
            parser.SkipThisAndNestedEvents();
        }
    }

    private void Sequence(string key, string place)
    {
        var items = new List<string>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.Accept<MappingStart>(out var mapping) && mapping.Anchor.IsEmpty && mapping.Tag.IsEmpty && RecipeKeys.Find(key) is { TakesMappings: true })
            {
                if (TakeMapping(key) is { } text)
                    items.Add(text);
                continue;
            }
            if (parser.Accept<Scalar>(out var item) && item.Anchor.IsEmpty && item.Tag.IsEmpty)
                items.Add(item.Value);
            else
                problems.Add(new(At(parser.Current!.Start, key), "expected a plain item in the list"));
            parser.SkipThisAndNestedEvents();
        }

        entries.Add(new(key, null, items, place));
    }

    // A single mapping is a list of one.
    private void Item(string key, string place)
    {
        if (TakeMapping(key) is { } text)
            entries.Add(new(key, null, [text], place));
    }

    private string? TakeMapping(string key)
    {
        var start = parser.Current!.Start;
        var lists = RecipeKeys.Find(key)!.TakesLists;
        var text = FlowText.Take(parser, lists);
        if (text is null)
            problems.Add(new(At(start, key), lists ? "anchors, aliases and tags (& * !) have no meaning in a recipe" : "expected names with plain values, such as {path: a.jsonl, weight: 2}"));
        return text;
    }

    // The one key whose value is a mapping itself: its pairs become a list in the form that flags have.
    private void Pairs(string key, string place)
    {
        var items = new List<string>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var name) && parser.Accept<Scalar>(out var column) && column.Anchor.IsEmpty && column.Tag.IsEmpty)
                items.Add($"{name.Value}={column.Value}");
            else
                problems.Add(new(At(parser.Current!.Start, key), "expected a field and its column, such as prompt: question", "put a template in quotes: prompt: \"{question}\""));
            parser.SkipThisAndNestedEvents();
        }

        entries.Add(new(key, null, items, place));
    }

    private void SkipRestOfMapping()
    {
        while (!parser.TryConsume<MappingEnd>(out _))
            parser.SkipThisAndNestedEvents();
    }

    private string At(Mark mark, string key) => $"{file}, line {mark.Line}, column {mark.Column}" + (key.Length == 0 ? "" : $", {key}");
}
