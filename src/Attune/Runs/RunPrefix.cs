using Attune.Data;
using Attune.Engine.Backends;
using Attune.Engine.Platform;
using Attune.Evaluation.Metrics;
using Attune.Hardware;
using Attune.Objectives;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Training;

namespace Attune.Runs;

/// <summary>What a run keeps of its rows where the lowest trained block begins; see <see cref="PrefixCache"/>.</summary>
/// <param name="Block">Index of that block.</param>
/// <param name="Channels">Width C of the residual stream.</param>
/// <param name="Examples">The rows that are read more than once.</param>
/// <param name="InFile">In a temporary file of the run's folder, for want of memory.</param>
public sealed record RunPrefix(int Block, int Channels, IReadOnlyList<Example> Examples, bool InFile)
{
    private const string Key = "train.prefix_cache";

    /// <summary>What it takes, in memory or on disk.</summary>
    public long Bytes { get; } = PrefixCache.BytesFor(Examples, Channels);

    /// <summary>Where it is, with its size.</summary>
    private string Place => $"{Numbers.Bytes(Bytes)} {(InFile ? "in a file of the run's folder" : "in memory")}";

    /// <summary>What would be kept, in memory; null where nothing is to be, and why.</summary>
    /// <exception cref="UserErrorException">The recipe asks for it, and nothing is frozen below what trains.</exception>
    internal static (RunPrefix? Wish, string Reason) Of(Recipe recipe, ModelContext model, RunData data, TuningMethod method, RunSteps steps, Backend backend)
    {
        var use = recipe.Train.PrefixCache;
        if (use == PrefixCacheUse.Off)
            return (null, "");
        var block = method.LowestBlock(model.Folder);
        if (block == 0)
        {
            const string why = "the first block trains, so that nothing below is frozen";
            return use == PrefixCacheUse.Auto ? (null, why) : throw new UserErrorException(Key, $"is on, but {why}", "set method.last_layers, or leave it out");
        }
        if (recipe.Train.Neftune > 0)
        {
            const string why = "train.neftune changes what enters the first block in every step";
            return use == PrefixCacheUse.Auto ? (null, why) : throw new UserErrorException(Key, $"is on, but {why}", "leave one of the two out");
        }
        var examples = Repeated(data, steps, backend.Exact == backend);
        return examples.Count == 0 ? (null, "no row is read twice") : (new RunPrefix(block, model.Folder.Spec.Hidden, examples, false), "");
    }

    /// <summary>Memory first, then a file, then nothing, by what is left beside the rest of the run.</summary>
    /// <param name="free">Bytes of memory that the rest of the run leaves.</param>
    /// <param name="passRows">Rows of the largest pass.</param>
    internal RunPrefix? Within(long free, int passRows) =>
        Bytes <= free ? this : (this with { InFile = true }).Resident(passRows) <= free ? this with { InFile = true } : null;

    /// <summary>What of it is resident at a time, in bytes: of a file the rows of a pass, with room for pages that they share.</summary>
    /// <param name="passRows">Rows of the largest pass.</param>
    internal long Resident(int passRows) => InFile && Os.ReleasesMapped ? Math.Min(Bytes, 2L * passRows * Channels * sizeof(float)) : Bytes;

    /// <summary>The reason of the choice, for the resolved recipe.</summary>
    internal string Reason => $"{Blocks}; {Place} for {Numbers.Count(Examples.Count)} rows that are read again";

    /// <summary>Takes memory or disk; null, with a notice, where it is not to be had after all: the run then computes what it would have kept.</summary>
    /// <param name="run">The run's folder, which exists.</param>
    /// <param name="otherBytes">What else the run will write there.</param>
    /// <param name="notice">Gets the notice.</param>
    internal PrefixCache? Open(RunDirectory run, long otherBytes, Action<RunNotice> notice)
    {
        try
        {
            if (InFile && Machine.FreeDisk(run.Path) is { } free && free < Bytes + otherBytes)
                throw new IOException($"{Numbers.Bytes(free)} are free on the disk");
            var cache = InFile
                ? PrefixCache.InFile(Path.Combine(run.Path, "prefix.tmp"), Block, Channels, Examples)
                : PrefixCache.InMemory(Block, Channels, Examples);
            notice(new NoticeText($"  {Blocks} and computed once for each of {Numbers.Count(Examples.Count)} rows: {Place}"));
            return cache;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            notice(new NoticeText($"  the frozen blocks are computed in every pass: there is no room to keep what they give ({Place} is needed; {e.Message})"));
            return null;
        }
    }

    /// <summary>What it came to, for the report.</summary>
    internal string Fact(PrefixCache cache)
    {
        var (computed, known) = cache.Rows;
        return $"{Blocks}; {Numbers.Percent(known / Math.Max(1.0, computed + known))} of the rows of all passes began behind them ({Place})";
    }

    private string Blocks => Block == 1 ? "block 0 is frozen" : $"blocks 0 to {Block - 1} are frozen";

    // Training rows in a second epoch, validation rows from the second validation on, and what is measured before and after, where that is
    // done in the arithmetic of training.
    private static List<Example> Repeated(RunData data, RunSteps steps, bool measured)
    {
        var options = steps.Options;
        var examples = new List<Example>();
        if (options.TotalSteps > steps.Packer.StepsIn(0))
            examples.AddRange(data.Train);
        if (options.TotalSteps > options.EvalEvery)
            examples.AddRange(data.Valid);
        if (measured && data.Asked.Needs.HasFlag(Evidence.Losses))
            examples.AddRange(data.Test);
        if (measured)
            examples.AddRange(data.General.Concat(data.Asked.ChoiceExamples));
        return [.. examples.Distinct<Example>(ReferenceEqualityComparer.Instance)];
    }
}
