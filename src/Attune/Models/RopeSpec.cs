namespace Attune.Models;

/// <summary>Angles that a position turns each pair of channels by (Su et al. 2021).</summary>
/// <param name="Theta">Base of the geometric series.</param>
/// <param name="Scaling">How the frequencies are stretched for longer contexts; null for none.</param>
/// <param name="Factor">All frequencies are slowed by it: linear scaling, or interpolation of positions (Chen et al. 2023).</param>
public sealed record RopeSpec(double Theta, Llama3RopeScaling? Scaling = null, double Factor = 1)
{
    /// <summary>D/2 angles per position: θ^(−2i/D), then scaled.</summary>
    public float[] Frequencies(int headSize)
    {
        var frequencies = new float[headSize / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(Theta, -2.0 * i / headSize);
            frequencies[i] = (float)((Scaling?.Stretch(plain) ?? plain) / Factor);
        }
        return frequencies;
    }
}

/// <summary>
/// Llama 3's scaling: long waves are slowed by <paramref name="Factor"/>, short ones kept, those between interpolated.
/// Source: <c>rope_type: llama3</c> of Hugging Face's <c>modeling_rope_utils.py</c>.
/// </summary>
/// <param name="Factor">How much longer the context has become.</param>
/// <param name="LowFrequencyFactor">Waves longer than the original context over this are slowed fully.</param>
/// <param name="HighFrequencyFactor">Waves shorter than the original context over this are kept.</param>
/// <param name="OriginalPositions">Context of the original training.</param>
public sealed record Llama3RopeScaling(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, double OriginalPositions)
{
    internal double Stretch(double frequency)
    {
        var waveLength = 2 * Math.PI / frequency;
        if (waveLength < OriginalPositions / HighFrequencyFactor)
            return frequency;
        if (waveLength > OriginalPositions / LowFrequencyFactor)
            return frequency / Factor;
        var smooth = (OriginalPositions / waveLength - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor);
        return (1 - smooth) * frequency / Factor + smooth * frequency;
    }
}
