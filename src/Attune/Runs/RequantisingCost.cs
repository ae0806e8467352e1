using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Models;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>
/// Measures what an adapter that was tuned on a quantised base loses elsewhere: on the base as it is stored; merged in F32 into the decoded
/// base; and merged and rounded again. Everything is made in memory, one form at a time.
/// </summary>
internal static class RequantisingCost
{
    // Beyond, a form takes minutes to make: it is measured where it is written.
    private const long MostWeights = 500_000_000;
    private const int MostRows = 256;

    /// <summary>The losses; null where the base is held as it is stored, there are no rows, or the model is too large for it.</summary>
    /// <param name="tuned">The base as it was held, with the adapter.</param>
    /// <param name="rows">Rows to measure, of which at most 256 are taken.</param>
    /// <param name="limit">Bytes of memory that may be used; a form that needs more is left out, by name.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public static RequantisedLosses? Measure(InferenceModel tuned, IReadOnlyList<Example> rows, long limit, CancellationToken cancel)
    {
        var folder = tuned.Context.Folder;
        if (folder.HeldAs is not { } held || tuned.Adapters is null || rows.Count == 0 || folder.Parameters.Sum(static i => (long)i.Rows * i.Cols) > MostWeights)
            return null;
        var count = Math.Min(rows.Count, MostRows);
        var meter = new Meter([.. Enumerable.Range(0, count).Select(i => rows[(int)((long)i * rows.Count / count)])], tuned.Backend, limit, cancel);
        var stored = folder.In(null).BuildFrozen();
        var onStored = PeftFiles.Load(tuned.Context.AdapterPath!, stored);
        return new RequantisedLosses(NameOf(held), count, meter.Loss(stored, null), meter.Loss(tuned.Decoder, null), meter.Loss(tuned.Decoder, tuned.Adapters))
        {
            Forms =
            [
                new("the adapter on the base as stored", meter.Loss(stored, onStored)),
                .. Types(folder, held).Select(t => meter.Merged(folder, tuned.Adapters, t.Name, t.Type)),
            ],
        };
    }

    private static IEnumerable<(string Name, DType Type)> Types(ModelFolder folder, DType held)
    {
        var own = WeightEncoder.TypeOf(folder.SavedAs);
        yield return ($"merged, {NameOf(own)}", own);
        yield return ("merged, then q8_0", DType.Q8_0);
        yield return ("merged, then q4_0", DType.Q4_0);
        yield return ($"merged, then {NameOf(held)} again", held);
    }

    private static string NameOf(DType type) => type.ToString().ToLowerInvariant();

    private sealed class Meter(Example[] rows, Backend backend, long limit, CancellationToken cancel)
    {
        private readonly int passRows = rows.Max(static e => e.Positions);

        public double Loss(Decoder model, IAdapterSet? adapters)
        {
            using var arena = Arena.OfBytes(TokenLosses.Plan(model, adapters, passRows, backend));
            return TokenLosses.Measure(model, adapters, rows, passRows, backend, arena, cancel).Mean;
        }

        public FormLoss Merged(ModelFolder folder, AdapterSet adapters, string name, DType type)
        {
            using var form = new HeldWeights(type, folder.Parameters.Select(static i => (i, DType.F32)));
            Decoder Build(Func<ParameterInfo, Tensor> values) => folder.Build(i => new Parameter(i.Name, form.Holds(i) ? values(i) : folder.Weight(i)));
            if (folder.WeightBytes + form.Bytes + TokenLosses.Plan(Build(form.Planned), null, passRows, backend) + MemoryPlan.RuntimeBytes > limit)
                return new FormLoss(name, null);
            using var merged = new MergedWeights(folder, adapters);
            return new FormLoss(name, Loss(Build(i => form.Of(i, merged.Of)), null));
        }
    }
}
