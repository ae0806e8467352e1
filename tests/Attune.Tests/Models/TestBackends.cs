using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Tests.Models;

/// <summary>The backends that a model must give the same results on, and how near they are to be.</summary>
internal static class TestBackends
{
    public const string F64 = "reference F64";
    public const string F32 = "reference F32";
    public const string Cpu = "CPU";
    public const string CpuTwo = "CPU, two threads";
    public const string CpuBF16 = "CPU, products in BF16";

    /// <summary>Of activations in F32: the types that are trained with.</summary>
    public static TheoryData<string> Single => [F32, Cpu];

    public static Backend Make(string name) => name switch
    {
        F64 => new ReferenceBackend<double>(),
        F32 => new ReferenceBackend<float>(),
        Cpu => CpuBackend.Shared(1),
        CpuTwo => CpuBackend.Shared(2),
        CpuBF16 => BF16(),
        _ => throw new ArgumentException(name),
    };

    /// <summary>Products in BF16, or a skip with the reason.</summary>
    public static CpuBackend BF16(int threads = 1)
    {
        Assert.SkipUnless(CpuBackend.Supports(ProductType.BF16), "the processor has no AVX512_BF16, or native calls are switched off");
        return CpuBackend.Shared(threads, ProductType.BF16);
    }

    public static Arena NewArena(int megabytes = 16) => Arena.OfBytes((long)megabytes << 20);
}
