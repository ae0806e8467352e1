using System.Globalization;

namespace Attune.Models;

/// <summary>
/// The names that a family's checkpoints use, as module paths without <c>.weight</c> and <c>.bias</c>; <c>{0}</c> stands for the
/// block's index. Names are data: nothing else in the program knows them.
/// </summary>
public sealed record WeightMap
{
    /// <summary>Embedding table [V, C].</summary>
    public required string Embedding { get; init; }

    /// <summary>Norm before the attention.</summary>
    public required string AttentionNorm { get; init; }

    /// <summary>Query projection.</summary>
    public required string Query { get; init; }

    /// <summary>Key projection.</summary>
    public required string Key { get; init; }

    /// <summary>Value projection.</summary>
    public required string Value { get; init; }

    /// <summary>Output projection of the attention.</summary>
    public required string Output { get; init; }

    /// <summary>Norm before the MLP.</summary>
    public required string MlpNorm { get; init; }

    /// <summary>Gate projection.</summary>
    public required string Gate { get; init; }

    /// <summary>Up projection.</summary>
    public required string Up { get; init; }

    /// <summary>Down projection.</summary>
    public required string Down { get; init; }

    /// <summary>Norm behind the last block.</summary>
    public required string FinalNorm { get; init; }

    /// <summary>Head [V, C].</summary>
    public required string Head { get; init; }

    /// <summary>Endings of tensor names that older files hold and no weight needs, such as tables of rotary frequencies.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>The path of a module of block <paramref name="index"/>.</summary>
    public static string At(string pattern, int index) => string.Format(CultureInfo.InvariantCulture, pattern, index);
}
