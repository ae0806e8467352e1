using Attune.Text.Patterns;

namespace Attune.Text.PreTokenizers;

/// <summary>Cuts text into the words within which the model may merge.</summary>
internal interface IPreTokenizer
{
    List<Piece> Split(List<Piece> pieces);
}

/// <summary>The pre-tokenizers of tokenizer.json by their "type".</summary>
internal static class PreTokenizerTable
{
    private static readonly Dictionary<string, Func<Section, IPreTokenizer>> Types = new()
    {
        ["Sequence"] = s => new PreTokenizerSequence([.. s.Required("pretokenizers").Items().Select(Read)]),
        ["ByteLevel"] = ByteLevelPreTokenizer.Read,
        ["Metaspace"] = MetaspacePreTokenizer.Read,
        ["Split"] = s => new SplitPreTokenizer(TextPattern.Read(s.Required("pattern")).FindAll, ReadBehaviour(s.Required("behavior")), s.FlagOr("invert", false)),
        ["Digits"] = s => new SplitPreTokenizer(CharacterRuns.Numbers, s.FlagOr("individual_digits", false) ? SplitBehaviour.Isolated : SplitBehaviour.Contiguous),
        ["Punctuation"] = s => new SplitPreTokenizer(CharacterRuns.Punctuation, s.Optional("behavior") is { } b ? ReadBehaviour(b) : SplitBehaviour.Isolated),
        ["Whitespace"] = _ => new SplitPreTokenizer(CharacterRuns.WordsAndSigns, SplitBehaviour.Removed, invert: true),
        ["WhitespaceSplit"] = _ => new SplitPreTokenizer(CharacterRuns.WhiteSpace, SplitBehaviour.Removed),
    };

    private static readonly Dictionary<string, SplitBehaviour> Behaviours = new()
    {
        ["Removed"] = SplitBehaviour.Removed,
        ["Isolated"] = SplitBehaviour.Isolated,
        ["MergedWithPrevious"] = SplitBehaviour.MergedWithPrevious,
        ["MergedWithNext"] = SplitBehaviour.MergedWithNext,
        ["Contiguous"] = SplitBehaviour.Contiguous,
    };

    public static IPreTokenizer Read(Section section) => Supported.Build(Types, section, "pre-tokenizer");

    private static SplitBehaviour ReadBehaviour(Section section) => Behaviours.TryGetValue(section.Text(), out var behaviour)
        ? behaviour
        : throw section.Wrong($"the behaviour \"{section.Text()}\" is not known; known are {string.Join(", ", Behaviours.Keys)}");
}

internal sealed class PreTokenizerSequence(IPreTokenizer[] steps) : IPreTokenizer
{
    public List<Piece> Split(List<Piece> pieces) => steps.Aggregate(pieces, (p, step) => step.Split(p));
}
