using Attune.Bench;
using Attune.Engine.Backends;
using Attune.Models;

namespace Attune.Tests.Bench;

/// <summary>The table of kernels that <c>attune bench</c> measures.</summary>
public class KernelCaseTests
{
    private static readonly DecoderSpec Spec = new()
    {
        Vocabulary = 40,
        Hidden = 32,
        FeedForward = 64,
        Layers = 1,
        Heads = 2,
        KeyHeads = 1,
        HeadSize = 16,
        MaxPositions = 64,
        NormEpsilon = 1e-5f,
        Activation = Activation.Silu,
        Rope = null,
        TiedHead = true,
    };

    private static readonly Type[] Interfaces =
    [
        typeof(IMatrixKernels), typeof(INormKernels), typeof(IAttentionKernels), typeof(IPointwiseKernels),
        typeof(IIndexKernels), typeof(ILossKernels), typeof(IOptimizerKernels),
    ];

    private static IReadOnlyList<KernelCase> Cases => KernelCases.Of(new CaseSizes(Spec, 8, 4, [8], 4096));

    /// <summary>What cases call is watched, not what they are named after: a kernel without a row cannot hide.</summary>
    [Fact]
    public void Every_kernel_of_a_backend_has_a_row()
    {
        var watch = new ProfilingBackend(CpuBackend.Shared(1));
        foreach (var item in Cases)
        {
            using var memory = new CaseMemory();
            item.Prepare(memory)(watch);
        }
        // Questions about sizes, of type long, are no kernels.
        var kernels = Interfaces.SelectMany(static i => i.GetMethods()).Where(static m => m.ReturnType != typeof(long)).Select(static m => m.Name).Distinct();
        Assert.Empty(kernels.Except(watch.Profile.Totals.Keys.Select(static k => k.Kernel)));
    }

    [Fact]
    public void Cases_belong_to_groups_and_have_names_of_their_own()
    {
        Assert.Equal(KernelCases.Groups, Cases.Select(static c => c.Group).Distinct());
        Assert.Equal(Cases.Count, Cases.Select(static c => (c.Group, c.Name)).Distinct().Count());
    }

    [Fact]
    public void A_measured_case_says_time_work_and_speed_up()
    {
        var item = Cases.First(static c => c.Name == "gate, up: x·Wᵀ");
        var row = KernelRow.Measure(item, CpuBackend.Shared(2), CpuBackend.Shared(1), TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        Assert.Equal("8×32·32×64ᵀ", row.Key.Shape);
        Assert.Equal(2.0 * 8 * 32 * 64, row.Work.Operations);
        Assert.Equal(sizeof(float) * (8 * 32 + 64 * 32 + 8 * 64), row.Work.Bytes);
        Assert.InRange(row.Time.Median, row.Time.Least, row.Time.Most);
        Assert.True(row.Time.Least > 0 && row.SpeedUp > 0);
    }

    [Fact]
    public void A_timing_tells_its_median_from_its_ends()
    {
        var time = Timing.Of([3, 1, 2, 10, 2]);
        Assert.Equal((2, 1, 10, 5), (time.Median, time.Least, time.Most, time.Repeats));
        Assert.Equal(4.5, time.Spread);
        Assert.Equal(1, time.Noise);
    }
}
