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

    /// <summary>Of activations in F32: the types that are trained with.</summary>
    public static TheoryData<string> Single => [F32, Cpu];

    public static Backend Make(string name) => name switch
    {
        F64 => new ReferenceBackend<double>(),
        F32 => new ReferenceBackend<float>(),
        Cpu => CpuBackend.Shared(1),
        CpuTwo => CpuBackend.Shared(2),
        _ => throw new ArgumentException(name),
    };

    public static Arena NewArena(int megabytes = 16) => Arena.OfBytes((long)megabytes << 20);
}
