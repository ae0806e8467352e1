using System.Text.RegularExpressions;
using Attune.Models;

namespace Attune.Adapters;

/// <summary>
/// Adapters of the low-rank kind added up, each with a weight: Σ wᵢ·sᵢ·Bᵢ·Aᵢ is one adapter whose ranks lie side by side, exactly. Its scale is 1; weights and scales are in B.
/// </summary>
public static class AdapterSum
{
    /// <summary>The sum, over the layers that any of them adapts.</summary>
    /// <param name="model">The decoder that they are attached to.</param>
    /// <param name="parts">Adapters of kind <see cref="AdapterKinds.Lora"/> and their weights.</param>
    public static AdapterSet Of(Decoder model, IReadOnlyList<(AdapterSet Adapters, double Weight)> parts)
    {
        (LowRankTerm Term, double Factor)[] Terms(Linear layer) =>
            [.. parts.Select(p => (Term: p.Adapters.For(layer)?.Term(layer), p.Weight)).Where(static t => t.Term is not null).Select(static t => (t.Term!, t.Weight * t.Term!.Scale))];
        var layers = model.Linears.Where(l => Terms(l).Length > 0).ToArray();
        var ranks = layers.ToDictionary(static l => l.Path, l => Terms(l).Sum(static t => t.Term.A.Value.Rows), StringComparer.Ordinal);
        var usual = ranks.Values.GroupBy(static r => r).OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key).First().Key;
        var others = ranks.Where(r => r.Value != usual).ToDictionary(static r => Regex.Escape(r.Key), static r => r.Value);
        var endings = LayerTargets.EndingOn(layers.Select(static l => l.Ending).Distinct());
        var options = new LoraOptions
        {
            Rank = usual,
            Alpha = usual,
            RankPattern = others,
            AlphaPattern = others,
            Targets = model.Linears.Count(l => endings.Matches(l.Path)) == layers.Length ? endings : LayerTargets.EndingOn(layers.Select(static l => l.Path)),
        };
        var sum = options.AttachTo(layers, AdapterSet.Allocate);
        foreach (var adapter in sum.All.Cast<LoraAdapter>())
            Fill(adapter, Terms(adapter.Layer));
        return sum;
    }

    private static void Fill(LoraAdapter sum, (LowRankTerm Term, double Factor)[] terms)
    {
        var at = 0;
        foreach (var (term, factor) in terms)
        {
            for (var r = 0; r < term.A.Value.Rows; r++, at++)
            {
                term.A.Value.Row<float>(r).CopyTo(sum.A.Value.Row<float>(at));
                for (var o = 0; o < sum.Layer.Out; o++)
                    sum.B.Value.At<float>(o, at) = (float)(factor * term.B.Value.At<float>(o, r));
            }
        }
    }
}
