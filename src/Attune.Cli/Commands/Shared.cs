using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Attune.Engine.Backends;
using Attune.Evaluation.Metrics;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary>Options that several commands have, said and checked in one way.</summary>
internal static class Shared
{
    public static Option<string> Model() => new("--model", "-m")
    {
        Description = "Folder of a model (config.json, tokenizer.json, *.safetensors), or a .gguf file.",
        HelpName = "path",
        Required = true,
    };

    public static Option<string[]> Columns() => new("--columns")
    {
        Description = "Columns of the file by field: --columns prompt=question completion=answer",
        HelpName = "field=column",
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>The folder or GGUF file, or a problem that says what is there instead.</summary>
    /// <exception cref="UserErrorException">There is no such model.</exception>
    public static string RequireModel(string option, string path) => GgufFile.IsNamedSo(path) && File.Exists(path) ? path : RequireFolder(option, path);

    /// <summary>The folder, or a problem that says what is there instead.</summary>
    /// <exception cref="UserErrorException">There is no such folder.</exception>
    public static string RequireFolder(string option, string path)
    {
        if (Directory.Exists(path))
            return path;
        throw File.Exists(path)
            ? new UserErrorException($"{option} {path}", "expected a folder, found a file", "give the folder that holds it")
            : new UserErrorException($"{option} {path}", $"there is no folder {Path.GetFullPath(path)}", "check the path");
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static string ReadText(string option, string path)
    {
        try
        {
            return TextFile.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{option} {path}", Directory.Exists(path) ? "expected a file, found a folder" : $"cannot be read: {e.Message}", "check the path");
        }
    }

    /// <summary>The prompts of a file, with their lines: one a line, or in .jsonl one JSON string or an object with a string <c>prompt</c>.</summary>
    /// <exception cref="UserErrorException">It cannot be read, or a line is no prompt.</exception>
    public static IReadOnlyList<(int Row, string Text)> ReadPrompts(string path)
    {
        var lines = ReadText("--prompts", path).Split('\n').Select(static l => l.TrimEnd('\r')).Index().Where(static l => l.Item.Length > 0);
        var isJson = path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);
        (int Row, string Text)[] texts = [.. lines.Select(l => (l.Index + 1, isJson ? PromptOf(l.Item, string.Create(CultureInfo.InvariantCulture, $"{path}, row {l.Index + 1}")) : l.Item))];
        return texts.Length > 0 ? texts : throw new UserErrorException($"--prompts {path}", "holds no prompt", "write one a line");
    }

    private static string PromptOf(string line, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("prompt", out var inner))
                root = inner;
            if (root.ValueKind == JsonValueKind.String)
                return root.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, in the same words as any other row that is no prompt.
        }

        throw new UserErrorException(place, "expected a JSON string or an object with a string `prompt`", "mend the row");
    }

    /// <summary>A metric that calls single answers right or wrong; null where none is named.</summary>
    /// <exception cref="UserErrorException">There is no such metric, or it calls none right or wrong.</exception>
    public static Metric? Judge(string option, string? name)
    {
        if (name is null)
            return null;
        var parsed = MetricTable.Parse(name);
        if (parsed.Metric is not { } metric)
            throw new UserErrorException(option, parsed.Problem!, "give exact, first-line, regex:pattern or numeric");
        return metric.IsRight("0", "0") is not null ? metric : throw new UserErrorException($"{option} {name}", "does not call single answers right or wrong", "give exact, first-line, regex:pattern or numeric");
    }

    /// <summary>A number within bounds, or a problem that states them.</summary>
    public static T Within<T>(string option, T value, T least, T most, string form)
        where T : IComparable<T> => value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new UserErrorException($"{option} {FormattableString.Invariant($"{value}")}", $"expected {form}");
}

/// <summary>The options that say which model: its folder, an adapter, a template, threads.</summary>
internal sealed class ModelArguments
{
    public Option<string> Model { get; } = Shared.Model();

    public Option<string[]> Adapter { get; } = new("--adapter", "-a")
    {
        Description = "Folder of an adapter to apply; with a weight, folder=0.5. Several are added up.",
        HelpName = "folder",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string> Template { get; } = new("--template") { Description = "Chat template instead of the model's own: a file, or chatml.", HelpName = "file" };

    public Option<int> Threads { get; } = new("--threads")
    {
        Description = "Compute threads; the result does not depend on it.",
        HelpName = "n",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    /// <summary>Adds the options to a command; the template only where text is made.</summary>
    public Command AddTo(Command command, bool withTemplate = true)
    {
        command.Options.Add(Model);
        command.Options.Add(Adapter);
        if (withTemplate)
            command.Options.Add(Template);
        command.Options.Add(Threads);
        return command;
    }

    /// <summary>An option that names a model or changes it and stands on the command line; null for none.</summary>
    public string? GivenBesideThreads(CommandContext c) => ((Option[])[Model, Adapter, Template]).FirstOrDefault(c.IsGiven)?.Name;

    /// <summary>Opens the model; what is worth a warning is said.</summary>
    public InferenceModel Open(CommandContext c, bool withTemplate = true)
    {
        var path = Shared.RequireModel("--model", c.Get(Model)!);
        WeightedAdapter[] adapters = [.. (c.Get(Adapter) ?? []).Select(WeightedAdapter.Parse)];
        foreach (var (folder, _) in adapters)
            Shared.RequireFolder("--adapter", folder);
        var threads = Shared.Within("--threads", c.Get(Threads), 1, 1024, "1 to 1024 threads");
        var model = InferenceModel.OpenWith(path, adapters, withTemplate ? c.Get(Template) : null, CpuBackend.Shared(threads));
        foreach (var warning in model.Warnings)
            c.Output.Warn(warning);
        return model;
    }
}
