using System.Diagnostics;
using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Hardware;

/// <summary>
/// What a machine can do, by rules of thumb: a plan of a run is exact, this is for a first look. Sizes are in parameters of a model
/// whose file holds two bytes for each.
/// </summary>
/// <param name="Rate">Floating-point operations a second in matrix products.</param>
/// <param name="FreeMemory">Bytes.</param>
public sealed record Ability(double Rate, long FreeMemory)
{
    // What the program itself takes, and the activations of a pass.
    private const long Floor = 400_000_000;

    // LoRA maps the file (2) and keeps little else; full tuning holds weight, gradient and two moments in F32 (16) beside the file (2).
    private const double LoraBytes = 2.4, FullBytes = 19;

    // Forward and backward through frozen weights are two products of two operations each; trained ones need a third.
    private const double LoraOperations = 4, FullOperations = 6;

    /// <summary>The largest model that LoRA can tune here, in parameters.</summary>
    public long LargestForLora => (long)(Math.Max(0, FreeMemory - Floor) / LoraBytes);

    /// <summary>The largest model that can be trained whole here, in parameters.</summary>
    public long LargestForFull => (long)(Math.Max(0, FreeMemory - Floor) / FullBytes);

    /// <summary>Tokens a second that LoRA reads with a model of that size.</summary>
    public double LoraTokens(long parameters) => Rate / (LoraOperations * parameters);

    /// <summary>Tokens a second that full tuning reads with a model of that size.</summary>
    public double FullTokens(long parameters) => Rate / (FullOperations * parameters);

    /// <summary>Times products of a usual shape for a moment.</summary>
    public static Ability Measure(Backend backend, long freeMemory)
    {
        const int rows = 256, width = 1024;
        var (x, w, y) = (Tensor.Allocate(DType.F32, rows, width), Tensor.Allocate(DType.F32, width, width), Tensor.Allocate(DType.F32, rows, width));
        x.Write(Enumerable.Repeat(1f, rows * width).ToArray());
        w.Write(Enumerable.Repeat(1f, width * width).ToArray());
        var workspace = Tensor.Allocate(DType.F32, 1, (int)(backend.Matrix.Workspace(rows, width, width, false) / sizeof(float)) + 1);
        void Product() => backend.Matrix.Product(x, false, w, true, y, 1, 0, workspace);
        Product();
        var (start, count) = (Stopwatch.GetTimestamp(), 0);
        do
        {
            Product();
            count++;
        }
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(0.2));
        return new Ability(2.0 * rows * width * width * count / Stopwatch.GetElapsedTime(start).TotalSeconds, freeMemory);
    }
}
