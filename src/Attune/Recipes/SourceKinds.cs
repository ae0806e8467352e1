using Attune.Data;
using Attune.Problems;
using static Attune.Recipes.ValueKinds;

namespace Attune.Recipes;

/// <summary>Values that are files of rows: a path, or a mapping with what is special about the file.</summary>
public static class SourceKinds
{
    private static readonly ValueKind<double> Weight = Number(0, 1000, open: true);
    private static readonly ValueKind<string> Shape = Word([.. RowMappings.Table.Select(m => m.Name).Distinct()]);
    private static readonly string[] Names = ["path", "weight", "format", "columns"];

    /// <summary>Training files; a folder stands for its files by their names.</summary>
    internal static ValueKind<IReadOnlyList<DataSource>> FilesOrFolder { get; } = Make("an existing file, a folder, or a list of them", PathKinds.FileOrFolder, weighted: true);

    /// <summary>Files that are measured on, where every row counts once.</summary>
    internal static ValueKind<IReadOnlyList<DataSource>> Files { get; } = Make("an existing file or a list of them", PathKinds.File, weighted: false);

    /// <summary>Files beside the training files; each with a weight if wanted.</summary>
    internal static ValueKind<IReadOnlyList<DataSource>> FilesOrNone { get; } = None(Make("an existing file or a list of them", PathKinds.File, weighted: true));

    /// <summary>The files of a command line.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="values">Paths or mappings.</param>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static IReadOnlyList<DataSource> Read(string option, IReadOnlyList<string> values)
    {
        var parsed = Files.Parse(new RawValue(null, values, [Directory.GetCurrentDirectory()]));
        return parsed.Problem is { } problem ? throw new UserErrorException(option, problem) : parsed.Value;
    }

    /// <summary>A file as a word of a command line: its path, or a mapping in braces.</summary>
    public static string Flag(DataSource source) => Write(source) is ['{', ..] mapping ? mapping : source.Path;

    /// <summary>A file as it stands in a recipe.</summary>
    internal static string Write(DataSource source)
    {
        var parts = new List<string> { $"path: {YamlText.Scalar(source.Path)}" };
        if (source.Weight != 1) parts.Add($"weight: {Weight.Write(source.Weight)}");
        if (source.Format is { } format) parts.Add($"format: {format}");
        if (source.Columns.Count > 0) parts.Add($"columns: {ColumnPairs.Kind.Write(source.Columns)}");
        return parts.Count == 1 ? YamlText.Scalar(source.Path) : "{" + string.Join(", ", parts) + "}";
    }

    private static ValueKind<IReadOnlyList<DataSource>> None(ValueKind<IReadOnlyList<DataSource>> kind) => kind with
    {
        Form = kind.Form + ", or none",
        Parse = raw => raw.Is("none") ? new([]) : kind.Parse(raw),
        Write = v => v.Count == 0 ? "none" : kind.Write(v),
    };

    private static ValueKind<IReadOnlyList<DataSource>> Make(string form, ValueKind<string> path, bool weighted) => new(
        form,
        raw =>
        {
            var sources = new List<DataSource>();
            foreach (var item in raw.List ?? [raw.Scalar!])
            {
                var parsed = One(item, path, raw.Folders);
                if (parsed.Problem is { } problem) return Parsed<IReadOnlyList<DataSource>>.Wrong(problem);
                if (!weighted && parsed.Value.Weight != 1)
                    return Parsed<IReadOnlyList<DataSource>>.Wrong($"{parsed.Value.Path} has a weight, but rows that are measured on count once each: leave it out");
                sources.Add(parsed.Value);
            }
            return sources.Count == 0 ? Parsed<IReadOnlyList<DataSource>>.Wrong($"expected {form}, found an empty list") : new(sources);
        },
        sources => sources.Count == 1 ? Write(sources[0]) : "[" + string.Join(", ", sources.Select(Write)) + "]")
    { IsList = true, TakesMappings = true };

    private static Parsed<DataSource> One(string item, ValueKind<string> path, IReadOnlyList<string> folders)
    {
        if (!item.StartsWith('{')) return At(item, path, folders);
        if (FlowText.Read(item) is not { } pairs) return Wrong($"'{item}' is no mapping: expected {{path: …, weight: …, format: …, columns: {{…}}}}");
        if (pairs.FirstOrDefault(p => p.Name == "path").Value is not { } given) return Wrong($"'{item}' names no path");
        if (pairs.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice) return Wrong($"{twice.Key} is given twice in '{item}'");
        var parsed = At(given, path, folders);
        foreach (var (name, value) in pairs)
        {
            if (parsed.Problem is not null) return parsed;
            parsed = With(parsed.Value, name, new RawValue(value, null, folders));
        }
        return parsed;
    }

    private static Parsed<DataSource> With(DataSource source, string name, RawValue raw) => name switch
    {
        "path" => source,
        "weight" => Set(Weight.Parse(raw), name, weight => source with { Weight = weight }),
        "format" => Set(Shape.Parse(raw), name, format => source with { Format = format }),
        "columns" => Set(ColumnPairs.Kind.Parse(raw), name, columns => source with { Columns = columns }),
        _ => Wrong($"a file has no '{name}': expected {string.Join(", ", Names)}" + (Nearest.To(name, Names) is { } near ? $" (did you mean {near}?)" : "")),
    };

    private static Parsed<DataSource> Set<T>(Parsed<T> parsed, string name, Func<T, DataSource> with) =>
        parsed.Problem is { } problem ? Wrong($"{name}: {problem}") : with(parsed.Value);

    // A part of a document is named behind the file's name; a file whose own name has the sign is meant as a whole.
    private static Parsed<DataSource> At(string text, ValueKind<string> path, IReadOnlyList<string> folders)
    {
        var whole = path.Parse(new RawValue(text, null, folders));
        var at = text.LastIndexOf('#');
        if (whole.Problem is null || at <= 0 || at == text.Length - 1) return whole.Problem is { } problem ? Wrong(problem) : new DataSource(whole.Value);
        var file = path.Parse(new RawValue(text[..at], null, folders));
        return file.Problem is { } wrong ? Wrong(wrong) : new DataSource(file.Value + text[at..]);
    }

    private static Parsed<DataSource> Wrong(string problem) => Parsed<DataSource>.Wrong(problem);
}
