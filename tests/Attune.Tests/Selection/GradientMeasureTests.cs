using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;
using Attune.Selection;
using Attune.Tests.Runs;
using Attune.Training;

namespace Attune.Tests.Selection;

/// <summary>LESS on a tiny model: against whole gradients without projection, and against a step that the optimizer takes.</summary>
public sealed class GradientMeasureTests : IDisposable
{
    private const int PassRows = 128;

    private static readonly WarmUpOptions Options = new() { Rows = 12, Rate = 0.01 };

    private readonly TinyModel tiny = new();
    private readonly ModelFolder folder;
    private readonly Backend backend = CpuBackend.Shared(1);
    private readonly IReadOnlyList<SelectionRow> rows;
    private readonly Arena arena;
    private readonly WarmUp warm;
    private readonly MeasuringModel model;

    public GradientMeasureTests()
    {
        using (var opened = InferenceModel.Open(tiny.Path, null, null, backend))
            rows = SelectionRow.Of(DataSet.Load([tiny.Data], opened.Context.Tokenizer, opened.Context.Template, new DataOptions { MaxLength = 192, EosIds = [0] }).Examples);
        folder = ModelFolder.Open(tiny.Path);
        var parts = Parts(64);
        arena = Arena.OfBytes(WarmUp.Plan(folder, Options, backend, PassRows, [new GradientMeasure(parts), new LossMeasure([]), new HiddenMeasure()]));
        warm = new WarmUp(folder, rows, Options, (backend, arena, PassRows), tiny.FileOf("warm"), "test");
        warm.Run(static (_, _) => { }, TestContext.Current.CancellationToken);
        model = new MeasuringModel(warm.Model.Decoder, warm.Model.Adapters, backend, PassRows);
    }

    public void Dispose()
    {
        warm.Dispose();
        arena.Dispose();
        folder.Dispose();
        tiny.Dispose();
    }

    private MeasureParts Parts(int projection) => new() { Rows = rows, Projection = projection, Seed = 5, Valid = [[.. rows.Skip(40).Take(4)], [.. rows.Skip(50).Take(3)]], WarmUp = warm };

    private double[] Whole(SelectionRow row, bool asStep, int step)
    {
        GradientMeasure.Gradient(row, warm, model, arena);
        var all = new List<double>();
        foreach (var bucket in warm.Model.Weights.Buckets)
        {
            float[] gradient = [.. bucket.Gradients.Row<float>(0)];
            if (asStep)
                GradientMeasure.TurnIntoStep(gradient, bucket.M.Row<float>(0), bucket.V.Row<float>(0), step, warm.Options.Optimizer);
            all.AddRange(gradient.Select(static g => (double)g));
        }
        var length = Math.Sqrt(all.Sum(static g => g * g));
        return [.. all.Select(g => g / length)];
    }

    [Fact]
    public void Projected_it_is_what_whole_gradients_give()
    {
        const int size = 8192;
        var (parts, stop) = (Parts(size), TestContext.Current.CancellationToken);
        var measure = new GradientMeasure(parts);
        var asked = rows.Take(6).ToArray();
        for (var pass = 0; pass < measure.Passes; pass += 3)
        {
            measure.Begin(pass, model, arena, stop);
            var measured = measure.Of(asked, model, arena, stop);
            for (var file = 0; file < 2; file++)
            {
                var valid = parts.Valid[file].Select(v => Whole(v, asStep: false, 0)).ToArray();
                for (var row = 0; row < asked.Length; row++)
                {
                    var own = Whole(asked[row], asStep: true, warm.StepsAt(pass) + 1);
                    Assert.Equal(valid.Average(v => v.Zip(own).Sum(static p => p.First * p.Second)), measured[row].Values[file], 4 * Math.Sqrt(2.0 / size));
                }
            }
        }
        Assert.Equal(2, measure.Values);
    }

    /// <summary>The direction is that of the optimizer: with the same gradient it moves the weights by it times the learning rate.</summary>
    [Fact]
    public void The_direction_is_the_step_that_adam_takes()
    {
        warm.Load(1);
        var bucket = Assert.Single(warm.Model.Weights.Buckets);
        GradientMeasure.Gradient(rows[3], warm, model, arena);
        float[] before = [.. bucket.Values.Row<float>(0)], expected = [.. bucket.Gradients.Row<float>(0)];
        GradientMeasure.TurnIntoStep(expected, bucket.M.Row<float>(0), bucket.V.Row<float>(0), warm.StepsAt(1) + 1, warm.Options.Optimizer);
        new AdamW(warm.Model.Weights, backend, warm.Options.Optimizer with { Clip = 0 }).Step(0.5, warm.StepsAt(1) + 1, 1);
        Assert.Contains(expected, static e => Math.Abs(e) > 0.1);
        Assert.All(before.Zip(expected, bucket.Values.Row<float>(0).ToArray()), static w => Assert.Equal(w.First - 0.5 * w.Second, w.Third, 1e-4));
    }

    /// <summary>Gradients of rows are those of their mean loss, whatever row came before.</summary>
    [Fact]
    public void A_gradient_does_not_depend_on_the_rows_before_it()
    {
        double[] Of(int row) => Whole(rows[row], asStep: false, 0);
        var first = Of(2);
        Of(7);
        Assert.Equal(first, Of(2));
        Assert.NotEqual(first, Of(7));
    }

    /// <summary>The plan holds to the byte: what was reserved was enough, and is the peak.</summary>
    [Fact]
    public void What_is_planned_is_enough()
    {
        var stop = TestContext.Current.CancellationToken;
        foreach (var measure in new RowMeasure[] { new LossMeasure([]), new HiddenMeasure() })
            Assert.Equal(60, measure.Of(rows, model, arena, stop).Count);
        var full = new Example([.. Enumerable.Repeat(5, PassRows + 1)], [false, .. Enumerable.Repeat(true, PassRows)], "f", 1, 0);
        GradientMeasure.Gradient(new SelectionRow(1, [full]), warm, model, arena);
        new LossMeasure([]).Of([new SelectionRow(1, [full])], model, arena, stop);
        new HiddenMeasure().Of([new SelectionRow(1, [full])], model, arena, stop);
        var plan = WarmUp.Plan(folder, Options, backend, PassRows, [new LossMeasure([]), new HiddenMeasure()]);
        Assert.Equal(plan, arena.Peak);
    }

    [Fact]
    public void A_warm_up_that_was_stopped_ends_as_one_that_was_not()
    {
        using var stop = new CancellationTokenSource();
        using var other = Arena.OfBytes(WarmUp.Plan(folder, Options, backend, PassRows, [new HiddenMeasure()]));
        using (var stopped = new WarmUp(folder, rows, Options, (backend, other, PassRows), tiny.FileOf("again"), "test"))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => stopped.Run((done, total) =>
            {
                if (done == total / 2 + 1)
                    stop.Cancel();
            }, stop.Token));
        }
        Assert.False(File.Exists(Path.Combine(tiny.FileOf("again"), "checkpoint-4.safetensors")));
        using (var goesOn = new WarmUp(folder, rows, Options, (backend, other, PassRows), tiny.FileOf("again"), "test"))
            goesOn.Run(static (_, _) => { }, TestContext.Current.CancellationToken);
        for (var c = 1; c <= 4; c++)
            Assert.Equal(Weights(Path.Combine(tiny.FileOf("warm"), $"checkpoint-{c}.safetensors")), Weights(Path.Combine(tiny.FileOf("again"), $"checkpoint-{c}.safetensors")));
        using (var changed = new WarmUp(folder, rows, Options, (backend, other, PassRows), tiny.FileOf("again"), "changed"))
            Assert.Throws<UserErrorException>(() => changed.Load(0));
    }

    // Without the header, which holds the seconds that it took.
    private static byte[] Weights(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes[(8 + (int)BitConverter.ToInt64(bytes))..];
    }
}
