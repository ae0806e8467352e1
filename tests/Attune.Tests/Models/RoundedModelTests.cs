using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Tests.Models;

/// <summary>Frozen weights rounded to a narrower format while they are loaded.</summary>
public class RoundedModelTests
{
    private static readonly string Base = Path.Combine(SharedData.RepositoryRoot, "models", "attune-base");

    /// <summary>The largest difference of a logit, relative to the largest logit: a bound that twice the error would break.</summary>
    [Theory]
    [InlineData(DType.BF16, 0)]
    [InlineData(DType.Int8, 0.02)]
    [InlineData(DType.Q8_0, 0.02)]
    [InlineData(DType.NF4, 0.4)]
    public void Logits_stay_near(DType type, double bound)
    {
        using var folder = ModelFolder.Open(Base);
        var exact = Logits(folder, folder.BuildFrozen());
        var rounded = Logits(folder, folder.In(type).BuildFrozen());
        var difference = exact.Zip(rounded, static (a, b) => Math.Abs(a - b)).Max() / exact.Max(Math.Abs);
        TestContext.Current.SendDiagnosticMessage($"{type}: {difference:P3}");
        Assert.InRange(difference, bound / 20, bound);
    }

    [Fact]
    public void Matrices_are_rounded_and_nothing_else_is()
    {
        using var folder = ModelFolder.Open(Base);
        foreach (var info in folder.Parameters)
        {
            var stored = folder.Weight(info).Type;
            Assert.Equal(info.Role == ParameterRole.Matrix ? DType.NF4 : stored, folder.In(DType.NF4).Planned(info).Value.Type);
        }
    }

    private static float[] Logits(ModelFolder folder, Decoder model)
    {
        int[] ids = [.. Enumerable.Range(0, 24).Select(i => (i * 37 + 11) % folder.Spec.Vocabulary)];
        using var arena = Arena.OfBytes(64 << 20);
        using var tape = new Tape(CpuBackend.Shared(1), arena, record: false);
        return model.Logits(tape, Pass.Packed([ids.Length]), ids, [0, 11, 23]).ToArray();
    }
}
