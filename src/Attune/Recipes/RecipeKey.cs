namespace Attune.Recipes;

/// <summary>
/// One key of a recipe: its name, what it may hold, its help, and the way in and out of the <see cref="Recipe"/> record.
/// Reader, writer, command-line flags and help all come from this.
/// </summary>
public abstract class RecipeKey
{
    private protected RecipeKey(string name, string help, string? flag)
    {
        Name = name;
        Help = help;
        Flag = "--" + (flag ?? name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..].Replace('_', '-'));
    }

    /// <summary>The name with its section: <c>train.learning_rate</c>.</summary>
    public string Name { get; }

    /// <summary>The section (<c>train</c>), empty for keys that stand outside of one.</summary>
    public string Section => Name.Contains('.', StringComparison.Ordinal) ? Name[..Name.IndexOf('.', StringComparison.Ordinal)] : "";

    /// <summary>The name within its section: <c>learning_rate</c>.</summary>
    public string Leaf => Name[(Section.Length == 0 ? 0 : Section.Length + 1)..];

    /// <summary>The command-line option that sets it: <c>--learning-rate</c>.</summary>
    public string Flag { get; }

    /// <summary>One or two sentences: what it decides, and the rule of <c>auto</c> where it has one.</summary>
    public string Help { get; }

    /// <summary>Whether it may hold several values: after a flag, several words.</summary>
    public abstract bool IsList { get; }

    /// <summary>Whether one value, or an item of its list, may be a mapping.</summary>
    internal abstract bool TakesMappings { get; }

    /// <summary>Whether a list may be a value within such a mapping.</summary>
    internal abstract bool TakesLists { get; }

    /// <summary>What is allowed, as a phrase: "a whole number from 1, or auto".</summary>
    public abstract string Form { get; }

    /// <summary>The words that it may hold, where there are such; for completion.</summary>
    public IReadOnlyList<string> Words => JsonSchemas.WordsOf(Schema);

    /// <summary>What is allowed, as a JSON schema.</summary>
    internal abstract string Schema { get; }

    /// <summary>The value in a recipe that does not mention the key, as YAML; empty for a key that must be given.</summary>
    public string Default => IsRequired ? "" : Write(new Recipe());

    /// <summary>Whether a recipe without the key is refused.</summary>
    public bool IsRequired { get; internal init; }

    /// <summary>The key's value in a recipe, as YAML on one line.</summary>
    public abstract string Write(Recipe recipe);

    /// <summary>What it decides.</summary>
    public KeyRole Role { get; internal init; } = KeyRole.Result;

    /// <summary>The recipe with the value of a recipe that does not mention the key.</summary>
    internal abstract Recipe Reset(Recipe recipe);

    /// <summary>Why the key has no effect in this recipe ("method.kind is full"); null where it is read.</summary>
    internal Func<Recipe, string?> Idle { get; init; } = _ => null;

    /// <summary>The recipe with this value, or the problem with the value.</summary>
    internal abstract Parsed<Recipe> Apply(Recipe recipe, RawValue raw);
}

internal sealed class RecipeKey<T>(
    string name, ValueKind<T> kind, string help, Func<Recipe, T> get, Func<Recipe, T, Recipe> with, string? flag)
    : RecipeKey(name, help, flag)
{
    public override bool IsList => kind.IsList;

    internal override bool TakesMappings => kind.TakesMappings;

    internal override bool TakesLists => kind.TakesLists;

    public override string Form => kind.Form;

    internal override string Schema => kind.Schema;

    public override string Write(Recipe recipe) => kind.Write(get(recipe));

    internal override Recipe Reset(Recipe recipe) => with(recipe, get(new Recipe()));

    internal override Parsed<Recipe> Apply(Recipe recipe, RawValue raw)
    {
        var parsed = kind.Parse(raw);
        return parsed.Problem is { } problem ? Parsed<Recipe>.Wrong(problem) : with(recipe, parsed.Value);
    }
}
