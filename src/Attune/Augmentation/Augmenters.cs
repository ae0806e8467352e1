using Attune.Problems;

namespace Attune.Augmentation;

/// <summary>A way of making rows of others.</summary>
/// <param name="Name">As the command line has it, and as rows say it.</param>
/// <param name="Summary">What it does, for the help.</param>
public sealed record Augmenter(string Name, string Summary)
{
    /// <summary>How it is done without a model.</summary>
    internal IRule? Rule { get; init; }

    /// <summary>How a model does it.</summary>
    internal IModelMethod? Model { get; init; }

    /// <summary>Whether a model has to write.</summary>
    public bool NeedsModel => Model is not null;
}

/// <summary>The augmenters. To add one: a file in this folder and a line here.</summary>
public static class Augmenters
{
    /// <summary>All of them, those without a model first.</summary>
    public static IReadOnlyList<Augmenter> Table { get; } =
    [
        new("synonyms", "words give way to synonyms, of a list that comes with Attune (English)") { Rule = new Synonyms() },
        new("swaps", "words change places") { Rule = new Swaps() },
        new("deletions", "words are left out") { Rule = new Deletions() },
        new("typos", "errors of typing") { Rule = new TypingErrors() },
        new("casing", "other capitals") { Rule = new Casing() },
        new("numbers", "other order numbers and codes, in prompt and answer alike") { Rule = new NumberSubstitution() },
        new("names", "other first names, in prompt and answer alike") { Rule = new NameSubstitution() },
        new("values", "other values that answers copy out of prompts, from rows with like answers, in prompt and answer alike") { Rule = new ValueSubstitution() },
        new("paraphrase", "a model says it in other words") { Model = new Paraphrase() },
        new("back-and-forth", "a model translates it and back, or tells it again from a summary") { Model = new BackAndForth() },
        new("self-instruct", "a model writes a new row after a few examples") { Model = new SelfInstruct() },
        new("evol-instruct", "a model asks for more, and answers it") { Model = new EvolInstruct() },
    ];

    /// <summary>The augmenters of these names, each once, in their order.</summary>
    /// <exception cref="UserErrorException">There is no such augmenter, or none is named.</exception>
    public static IReadOnlyList<Augmenter> Parse(string option, IEnumerable<string> names)
    {
        string[] given = [.. names.SelectMany(static n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal)];
        var known = string.Join(", ", Table.Select(static a => a.Name));
        if (given.Length == 0)
            throw new UserErrorException(option, "names no augmenter", $"choose among {known}");
        var unknown = given.Where(n => Table.All(a => a.Name != n)).Select(n => new Problem($"{option} {n}", "there is no such augmenter", Nearest.To(n, Table.Select(static a => a.Name)) is { } near ? $"did you mean {near}?" : $"choose among {known}")).ToArray();
        return unknown.Length > 0 ? throw new UserErrorException(unknown) : [.. given.Select(n => Table.First(a => a.Name == n))];
    }
}
