using Attune.Models;

namespace Attune.Adapters;

/// <summary>Which of a model's own weights train.</summary>
/// <param name="Name">What Attune calls it.</param>
/// <param name="Takes">Whether a weight is of the kind that is meant.</param>
public sealed record WeightSelection(string Name, Func<ParameterInfo, bool> Takes)
{
    /// <summary>Every weight.</summary>
    public static WeightSelection All { get; } = new("all weights", static _ => true);

    /// <summary>The norms: weights and biases.</summary>
    public static WeightSelection Norms { get; } = new("norms", static i => i.Module?.Part.IsNorm() == true) { IsSmall = true };

    /// <summary>The biases, of linear layers and of norms (BitFit, Ben Zaken et al. 2022).</summary>
    public static WeightSelection Biases { get; } = new("biases", static i => i.Role == ParameterRole.Bias) { IsSmall = true };

    /// <summary>Whether it is so few weights that they are saved alone, rather than with all the rest of the model.</summary>
    public bool IsSmall { get; init; }

    /// <summary>
    /// Only in so many of the last blocks, and in the final norm behind them; null for everywhere. Embedding and head stay as they are then. A
    /// tied head is the embedding, and stands below every block; an untied one has as many weights as several blocks of a small model, and
    /// only words that the rows hold would move in it.
    /// </summary>
    public int? LastLayers { get; init; }

    /// <summary>Whether a weight trains.</summary>
    public bool Trains(ParameterInfo info, DecoderSpec spec) => Takes(info)
        && (LastLayers is not { } n || (info.Module is { } module && (module.Part == ModulePart.FinalNorm || module.Block >= spec.Layers - n)));
}
