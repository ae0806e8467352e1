using Attune.Engine;
using Attune.Formats;

namespace Attune.Models;

/// <summary>Random weights of a model that is trained from scratch, as Hugging Face's classes begin: normal with a small deviation, norms one, biases zero.</summary>
public static class StartingWeights
{
    /// <summary>Fills one weight; a function of the key, its name and the configuration's <c>initializer_range</c> (0.02 where it has none).</summary>
    public static void Fill(Tensor weight, ParameterInfo info, HfConfig config, RandomKey key)
    {
        var deviation = config.Keys.Double("initializer_range", 0, 1) ?? 0.02;
        var draw = key.For(info.Name);
        for (var r = 0; r < weight.Rows; r++)
        {
            var row = weight.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
            {
                row[c] = info.Role switch
                {
                    ParameterRole.Norm => 1,
                    ParameterRole.Bias => 0,
                    _ => (float)(info.StartScale * deviation * draw.Normal((long)r * row.Length + c)),
                };
            }
        }
    }

    /// <summary>Fills a projection [C, D] so that channels keep their size on average: normal with deviation 1/√C.</summary>
    public static void FillProjection(Tensor weight, RandomKey draw)
    {
        var deviation = 1 / Math.Sqrt(weight.Rows);
        for (var r = 0; r < weight.Rows; r++)
        {
            var row = weight.Row<float>(r);
            for (var c = 0; c < row.Length; c++)
                row[c] = (float)(deviation * draw.Normal((long)r * row.Length + c));
        }
    }
}
