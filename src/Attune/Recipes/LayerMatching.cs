using System.Globalization;
using Attune.Objectives;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>Which hidden layers of a student become which of a teacher's. Blocks are counted from 1; behind the last the final norm is included.</summary>
/// <param name="Word"><c>last</c> or <c>uniform</c>; null where <paramref name="Given"/> says it.</param>
/// <param name="Given">Block of the student → block of the teacher, by ascending blocks of the student.</param>
public sealed record LayerMatching(string? Word, IReadOnlyList<LayerPair> Given)
{
    private const string LastWord = "last", UniformWord = "uniform";
    private const string Form = "last, uniform, or blocks of the student with blocks of the teacher, such as {2: 4, 4: 8}";

    /// <summary>The last layers, behind the final norm.</summary>
    public static LayerMatching Last { get; } = new(LastWord, []);

    internal static ValueKind<LayerMatching> Kind { get; } = new(
        Form,
        // A mapping in the recipe is a list of one, in braces.
        static raw => (raw.Scalar ?? (raw.List is [var one] ? one : null)) switch
        {
            LastWord => Last,
            UniformWord => new LayerMatching(UniformWord, []),
            { } text when text.StartsWith('{') && FlowText.Read(text) is { Count: > 0 } pairs => Parse(pairs),
            _ => Parsed<LayerMatching>.Wrong($"expected {Form}, found {raw.Shown}"),
        },
        static m => m.Word ?? "{" + string.Join(", ", m.Given.Select(static p => $"{p.Student}: {p.Teacher}")) + "}")
    { TakesMappings = true, Schema = JsonSchemas.Either(JsonSchemas.OneOf(LastWord, UniformWord), JsonSchemas.NumbersByName) };

    /// <summary>The pairs of two models.</summary>
    /// <param name="student">Blocks of the student.</param>
    /// <param name="teacher">Blocks of the teacher.</param>
    /// <param name="lowest">Index of the student's lowest block in which something trains: of what leaves those below nothing can be learned.</param>
    /// <exception cref="UserErrorException">A block is given that one of the two has not, or in which nothing trains.</exception>
    public IReadOnlyList<LayerPair> Of(int student, int teacher, int lowest)
    {
        if (Word == LastWord)
            return [new(student, teacher)];
        // As far up: TinyBERT's uniform mapping, g(m) = m · N / M, for numbers of blocks that need not divide each other.
        if (Word == UniformWord)
            return [.. Enumerable.Range(lowest + 1, student - lowest).Select(m => new LayerPair(m, Math.Max(1, (int)Math.Round((double)m * teacher / student, MidpointRounding.AwayFromZero))))];
        foreach (var (own, other) in Given)
        {
            if (own > student || other > teacher)
            {
                throw new UserErrorException(
                    "objective.hidden_layers", $"names block {Math.Max(own > student ? own : 0, other > teacher ? other : 0)}, and the student has {student} blocks, the teacher {teacher}",
                    "name blocks that are there: they are counted from 1");
            }
            if (own <= lowest)
                throw new UserErrorException("objective.hidden_layers", $"names block {own} of the student, and below block {lowest + 1} nothing trains that could learn from it", $"name blocks from {lowest + 1} on, or train more (method.last_layers, method.targets)");
        }
        return Given;
    }

    /// <inheritdoc />
    public bool Equals(LayerMatching? other) => other is not null && Word == other.Word && Given.SequenceEqual(other.Given);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Word, Given.Count);

    private static Parsed<LayerMatching> Parse(IReadOnlyList<(string Name, string Value)> pairs)
    {
        var layers = new SortedDictionary<int, int>();
        foreach (var (name, value) in pairs)
        {
            if (Number(name) is not { } student || Number(value) is not { } teacher)
                return Parsed<LayerMatching>.Wrong($"expected {Form}, found '{name}: {value}'");
            if (!layers.TryAdd(student, teacher))
                return Parsed<LayerMatching>.Wrong($"block {student} of the student is given twice");
        }
        return new LayerMatching(null, [.. layers.Select(static p => new LayerPair(p.Key, p.Value))]);
    }

    private static int? Number(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= 10_000 ? n : null;
}

/// <summary>Whether a projection stands between the hidden states of student and teacher.</summary>
public enum HiddenProjection
{
    /// <summary>Where their widths differ.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,
}
