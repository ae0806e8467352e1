using Attune.Engine.Backends;

namespace Attune.Objectives;

/// <summary>A divergence by the name that recipes use.</summary>
/// <param name="Name">The name.</param>
/// <param name="Usual">The parameter where none is given; null where the divergence has none.</param>
/// <param name="Weights">A, B and c of <see cref="Divergence"/> by the parameter: as numbers, so that help needs no engine to name the table's rows.</param>
/// <param name="Says">What it does to the student, in half a sentence.</param>
public sealed record NamedDivergence(string Name, double? Usual, Func<double, (double A, double B, double C)> Weights, string Says)
{
    /// <summary>The divergence of a parameter.</summary>
    public Divergence Of(double parameter)
    {
        var (a, b, c) = Weights(parameter);
        return new((float)a, (float)b, (float)c);
    }
}

/// <summary>Every divergence of the teacher's p and the student's q. To add one: a line here, if it is A · KL(p ‖ m) + B · KL(q ‖ m) with m = c·p + (1 − c)·q.</summary>
public static class Divergences
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<NamedDivergence> All { get; } =
    [
        // Hinton et al. 2015, "Distilling the knowledge in a neural network".
        new("forward-kl", null, static _ => (1, 0, 0), "KL(p ‖ q): covers all that the teacher may say"),
        // Gu et al. 2024, "MiniLLM".
        new("reverse-kl", null, static _ => (0, 1, 1), "KL(q ‖ p): keeps to what the teacher finds likely"),
        // Agarwal et al. 2024, "On-policy distillation of language models" (GKD): β·KL(p ‖ m) + (1 − β)·KL(q ‖ m), m = β·p + (1 − β)·q.
        new("js", 0.5, static beta => (beta, 1 - beta, beta), "generalised Jensen–Shannon: between the two, bounded"),
        // Ko et al. 2024, "DistiLLM": KL(p ‖ α·p + (1 − α)·q).
        new("skew-kl", 0.1, static alpha => (1, 0, alpha), "KL(p ‖ α·p + (1 − α)·q): forward, with gradients that stay bounded"),
        // The same: KL(q ‖ (1 − α)·p + α·q).
        new("skew-reverse-kl", 0.1, static alpha => (0, 1, 1 - alpha), "KL(q ‖ (1 − α)·p + α·q): reverse, with gradients that stay bounded"),
    ];

    /// <summary>The divergence of that name, which is one of the table's.</summary>
    public static NamedDivergence Find(string name) => All.First(d => d.Name == name);
}
