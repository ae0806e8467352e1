using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats.Gguf;
using Attune.Problems;

namespace Attune.Models.Gguf;

/// <summary>
/// Llama 3's scaling of rotary frequencies. GGUF stores what comes of it, one divisor a frequency; config.json stores the four numbers that it comes from.
/// Attune writes them beside it, under a key of its own, which other readers leave alone.
/// </summary>
internal static class RopeFactorTable
{
    /// <summary>Factor, low and high frequency factor, original positions.</summary>
    public const string NumbersKey = "attune.rope.llama3_scaling";

    /// <summary>D/2 divisors.</summary>
    public static float[] Write(RopeSpec rope, int headSize)
    {
        var scaled = rope.Frequencies(headSize);
        return [.. (rope with { Scaling = null }).Frequencies(headSize).Select((plain, i) => plain / scaled[i])];
    }

    /// <summary>The key with the four numbers.</summary>
    public static GgufEntry Numbers(Llama3RopeScaling s) =>
        new(NumbersKey, new[] { (float)s.Factor, (float)s.LowFrequencyFactor, (float)s.HighFrequencyFactor, (float)s.OriginalPositions });

    /// <summary>The <c>rope_scaling</c> that leads to these divisors.</summary>
    /// <exception cref="UserErrorException">None of Llama 3's does.</exception>
    public static JsonObject Read(GgufFile file, GgufTensor tensor, int headSize, double theta)
    {
        var stored = file.Map(tensor);
        if (stored.Type != DType.F32 || stored.Count != headSize / 2)
            throw Wrong(file, $"is {stored} instead of {headSize / 2} numbers in F32");
        var divisors = stored.ToArray();
        // Without them, what every Llama 3.1 and 3.2 has; the slowest wave is stretched in full.
        float[] numbers = [.. file.Metadata.Floats(NumbersKey) ?? [divisors.Max(), 1, 4, 8192]];
        if (numbers is not [>= 1, > 0, > 0, >= 1])
            throw file.Metadata.Wrong(NumbersKey, "four numbers above zero", string.Join(", ", numbers));
        var expected = Write(new RopeSpec(theta, new Llama3RopeScaling(numbers[0], numbers[1], numbers[2], numbers[3])), headSize);
        if (divisors.Zip(expected).Any(static p => !(Math.Abs(p.First - p.Second) <= 1e-4 * p.Second)))
            throw Wrong(file, "scales frequencies in a way that is not Llama 3's");
        return new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = (double)numbers[0],
            ["low_freq_factor"] = (double)numbers[1],
            ["high_freq_factor"] = (double)numbers[2],
            ["original_max_position_embeddings"] = (double)numbers[3],
        };
    }

    private static UserErrorException Wrong(GgufFile file, string message) =>
        new($"{file.Path}, tensor \"{GgufArchitectures.RopeFactors}\"", message, "use the model's Hugging Face folder");
}
