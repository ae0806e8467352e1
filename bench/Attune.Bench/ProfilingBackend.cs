using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Bench;

/// <summary>
/// Another backend that takes the time of every call of a kernel, by kind: the kernel's name and, of products, their shape. What the
/// calls leave of a step's time is the tape and whatever else is not a kernel.
/// </summary>
internal sealed class ProfilingBackend : Backend
{
    private readonly Dictionary<string, (double Seconds, int Calls, double Work)> kinds = new(StringComparer.Ordinal);

    public ProfilingBackend(Backend inner)
    {
        (Name, Activation) = (inner.Name, inner.Activation);
        (Matrix, Norms, Attention) = (Timed(inner.Matrix), Timed(inner.Norms), Timed(inner.Attention));
        (Pointwise, Index, Loss, Optimizer) = (Timed(inner.Pointwise), Timed(inner.Index), Timed(inner.Loss), Timed(inner.Optimizer));
    }

    public override string Name { get; }

    public override DType Activation { get; }

    public override IMatrixKernels Matrix { get; }

    public override INormKernels Norms { get; }

    public override IAttentionKernels Attention { get; }

    public override IPointwiseKernels Pointwise { get; }

    public override IIndexKernels Index { get; }

    public override ILossKernels Loss { get; }

    public override IOptimizerKernels Optimizer { get; }

    /// <summary>Forgets what was counted: after the steps that warm up.</summary>
    public void Clear() => kinds.Clear();

    /// <summary>
    /// One line a kind, the most expensive first: share of the time, milliseconds a step, calls a step, and GFLOP/s of products or
    /// GB/s of everything else (bytes of all operands, each counted once).
    /// </summary>
    /// <param name="steps">Steps since <see cref="Clear"/>.</param>
    /// <param name="seconds">What they took as a whole.</param>
    public IEnumerable<string> Lines(int steps, double seconds)
    {
        foreach (var (kind, (spent, calls, work)) in kinds.OrderByDescending(static k => k.Value.Seconds))
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"{100 * spent / seconds,5:F1} %  {1000 * spent / steps,8:F1} ms  {(double)calls / steps,6:F0} calls  {work / spent / 1e9,7:F1} {(kind.StartsWith("Product", StringComparison.Ordinal) ? "GFLOP/s" : "GB/s   ")}  {kind}");
        }
        var rest = seconds - kinds.Values.Sum(static k => k.Seconds);
        yield return string.Create(CultureInfo.InvariantCulture, $"{100 * rest / seconds,5:F1} %  {1000 * rest / steps,8:F1} ms  outside of kernels");
    }

    private T Timed<T>(T kernels) where T : class
    {
        var proxy = DispatchProxy.Create<T, TimedCalls>();
        var timed = (TimedCalls)(object)proxy;
        (timed.Kernels, timed.Owner) = (kernels, this);
        return proxy;
    }

    private void Add(string kind, double seconds, double work)
    {
        var (before, calls, done) = kinds.GetValueOrDefault(kind);
        kinds[kind] = (before + seconds, calls + 1, done + work);
    }

    /// <summary>A proxy, so that a kernel that is added to an interface is measured without a line here.</summary>
    [SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "the proxy derives from it")]
    internal class TimedCalls : DispatchProxy
    {
        public object Kernels { get; set; } = null!;

        public ProfilingBackend Owner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var start = Stopwatch.GetTimestamp();
            var result = targetMethod!.Invoke(Kernels, BindingFlags.DoNotWrapExceptions, null, args, CultureInfo.InvariantCulture);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            // Questions about sizes are no work.
            if (targetMethod.ReturnType != typeof(long))
                Owner.Add(KindOf(targetMethod.Name, args!), seconds, WorkOf(targetMethod.Name, args!));
            return result;
        }

        private static string KindOf(string name, object?[] args)
        {
            if (args is not [Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, ..])
                return name;
            var k = transposeA ? a.Rows : a.Cols;
            return string.Create(CultureInfo.InvariantCulture, $"{name} {(transposeA ? "AᵀB" : transposeB ? "ABᵀ" : "AB")} {c.Rows} × {c.Cols}, k {k}, B {b.Type}");
        }

        private static double WorkOf(string name, object?[] args) => args is [Tensor a, bool transposeA, _, _, Tensor c, ..]
            ? 2.0 * c.Rows * c.Cols * (transposeA ? a.Rows : a.Cols)
            : args.OfType<Tensor>().Where(static t => t.Type != DType.U8).Sum(static t => (double)t.Bytes);
    }
}
