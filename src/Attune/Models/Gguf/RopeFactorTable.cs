using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>
/// Llama 3's scaling of rotary frequencies. GGUF stores what comes of it, one divisor a frequency; config.json stores the four numbers that it comes from.
/// </summary>
internal static class RopeFactorTable
{
    // What every Llama 3.1 and 3.2 has: a file holds enough to check them, and too little to find others.
    private const double LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalPositions = 8192;

    /// <summary>D/2 divisors.</summary>
    public static float[] Write(RopeSpec rope, int headSize)
    {
        var scaled = rope.Frequencies(headSize);
        return [.. (rope with { Scaling = null }).Frequencies(headSize).Select((plain, i) => plain / scaled[i])];
    }

    /// <summary>The <c>rope_scaling</c> that leads to these divisors.</summary>
    /// <exception cref="UserErrorException">None of Llama 3's does.</exception>
    public static JsonObject Read(GgufFile file, GgufTensor tensor, int headSize, double theta)
    {
        var stored = file.Map(tensor);
        if (stored.Type != DType.F32 || stored.Count != headSize / 2)
            throw Wrong(file, $"is {stored} instead of {headSize / 2} numbers in F32");
        var divisors = stored.ToArray();
        // The slowest wave is stretched in full.
        var factor = divisors.Max();
        var expected = Write(new RopeSpec(theta, new Llama3RopeScaling(factor, LowFrequencyFactor, HighFrequencyFactor, OriginalPositions)), headSize);
        if (divisors.Zip(expected).Any(static p => !(Math.Abs(p.First - p.Second) <= 1e-4 * p.Second)))
            throw Wrong(file, "scales frequencies in a way that is not Llama 3's");
        return new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = (double)factor,
            ["low_freq_factor"] = LowFrequencyFactor,
            ["high_freq_factor"] = HighFrequencyFactor,
            ["original_max_position_embeddings"] = OriginalPositions,
        };
    }

    private static UserErrorException Wrong(GgufFile file, string message) =>
        new($"{file.Path}, tensor \"{GgufArchitectures.RopeFactors}\"", message, "use the model's Hugging Face folder");
}
