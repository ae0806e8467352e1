using System.Numerics;

namespace Attune.Engine.Backends;

/// <summary>The functions of <see cref="Activation"/> and their slopes.</summary>
internal static class ReferenceActivations<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly T Half = T.CreateTruncating(0.5);
    private static readonly T Cubic = T.CreateTruncating(0.044715);
    private static readonly T TanhScale = T.CreateTruncating(Math.Sqrt(2 / Math.PI));

    public static T Value(Activation f, T x) => f switch
    {
        Activation.Silu => x * Sigmoid(x),
        Activation.Gelu => x * Phi(x),
        Activation.GeluTanh => Half * x * (T.One + T.Tanh(Inner(x))),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation"),
    };

    public static T Slope(Activation f, T x)
    {
        switch (f)
        {
            case Activation.Silu:
                var s = Sigmoid(x);
                return s * (T.One + x * (T.One - s));
            case Activation.Gelu:
                // Φ + x·φ
                return Phi(x) + x * T.Exp(-Half * x * x) / T.CreateTruncating(Math.Sqrt(2 * Math.PI));
            case Activation.GeluTanh:
                var tanh = T.Tanh(Inner(x));
                var slope = TanhScale * (T.One + T.CreateTruncating(3) * Cubic * x * x);
                return Half * (T.One + tanh) + Half * x * (T.One - tanh * tanh) * slope;
            default:
                throw new ArgumentOutOfRangeException(nameof(f), f, "not an activation");
        }
    }

    /// <summary>
    /// The error function by 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz and Stegun 7.1.6): all terms have one sign, so
    /// nothing cancels.
    /// </summary>
    internal static double Erf(double x)
    {
        // erfc(6) is below the last digit of 1.
        if (Math.Abs(x) > 6)
            return Math.Sign(x);
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
            sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static T Sigmoid(T x) => T.One / (T.One + T.Exp(-x));

    private static T Phi(T x) => T.CreateTruncating(0.5 * (1 + Erf(double.CreateTruncating(x) / Math.Sqrt(2))));

    private static T Inner(T x) => TanhScale * (x + Cubic * x * x * x);
}
