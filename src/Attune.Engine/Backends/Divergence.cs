namespace Attune.Engine.Backends;

/// <summary>
/// How far the student q is from the teacher p: D = A · KL(p ‖ m) + B · KL(q ‖ m) with m = c·p + (1 − c)·q, which all divergences of
/// distillation are cases of.
/// </summary>
/// <param name="A">Weight of the teacher's side.</param>
/// <param name="B">Weight of the student's side.</param>
/// <param name="C">The teacher's share of the mixture m, from 0 to 1.</param>
public readonly record struct Divergence(float A, float B, float C)
{
    /// <summary>The least ln p that is told apart from 0, so that a token which one side excludes costs much, not infinity.</summary>
    public const float LeastLog = -100;
}
