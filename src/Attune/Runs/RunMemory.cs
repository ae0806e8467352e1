using System.Globalization;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Hardware;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Training;

namespace Attune.Runs;

/// <summary>The memory of a run.</summary>
/// <param name="Plan">What it takes.</param>
/// <param name="Limit">What it may take, in bytes: <c>limits.memory</c>, or what is free.</param>
public sealed record RunMemory(MemoryPlan Plan, long Limit)
{
    /// <summary>What is kept of the rows where the lowest trained block begins; null for nothing.</summary>
    public RunPrefix? Prefix { get; init; }

    /// <summary>
    /// Finds the fastest way to take the steps that fits. What saves memory: smaller passes, saved activations in BF16, recomputation,
    /// and any of them together; after all of these, and only where the recipe leaves them open, a base of fewer bits and moments of 8 bits.
    /// </summary>
    /// <returns>The recipe, resolved to the end; the steps in passes that fit; their memory.</returns>
    /// <exception cref="UserErrorException">Nothing fits; the remedies are named.</exception>
    internal static (Recipe Recipe, RunSteps Steps, RunMemory Memory) Fit(
        Recipe recipe, ModelContext model, RunData data, TuningMethod method, RunSteps steps, IReadOnlyList<ModelBeside> beside, Backend backend, Choices choices)
    {
        var limit = recipe.Limits.Memory ?? Machine.Inspect().FreeMemory;
        var (wish, reason) = RunPrefix.Of(recipe, model, data, method, steps, backend);
        MemoryPlan? smallest = null;
        bool Trains(ParameterInfo info) => method.Trains(info, model.Folder.Spec);
        foreach (var (rounding, rung) in Rungs(recipe, model, Trains, steps.Options, data.Longest))
        {
            var plan = PlanOf(recipe, model.Folder.In(RunBase.TypeOf(rounding.Base), Trains), data, method with { ByteMoments = rounding.Optimizer == OptimizerKind.AdamW8 }, rung, backend, wish?.Block ?? 0, beside);
            if (smallest is null || plan.Total < smallest.Total)
                smallest = plan;
            if (plan.Total > limit)
                continue;
            var prefix = wish?.Within(limit - plan.Total, rung.PassRows);
            if (wish is not null)
                reason = prefix?.Reason ?? "what the frozen blocks give fits into no memory beside the rest";
            var memory = new RunMemory(plan with { Prefix = prefix?.Resident(rung.PassRows) ?? 0 }, limit) { Prefix = prefix };
            var resolved = Resolve(recipe, rung, prefix is not null, reason, choices);
            rounding.Note(recipe, Megabytes(limit), choices);
            return (rounding.Resolve(resolved), RunSteps.Of(rung, data, recipe.Train), memory);
        }
        throw DoesNotFit(recipe, smallest!, limit);
    }

    // Fewer bits of base or moments change what is learned: no speed pays for it, so that they come after every rung that does not.
    private static IEnumerable<(Rounding Rounding, TrainerOptions Options)> Rungs(Recipe recipe, ModelContext model, Func<ParameterInfo, bool> trains, TrainerOptions wish, int longest) =>
        Rounding.Allowed(recipe, model.Folder, trains).SelectMany(r => Rungs(recipe.Train, wish, longest).Select(o => (r, o)));

    private static List<TrainerOptions> Rungs(TrainRecipe train, TrainerOptions wish, int longest)
    {
        var rungs = new List<TrainerOptions> { wish };
        if (train.MicroBatchTokens is null)
        {
            for (var rows = wish.PassRows / 2; rows >= Math.Max(longest, 64); rows /= 2)
                rungs.Add(wish with { PassRows = rows });
        }
        if (train.Saved is null)
            rungs.AddRange([.. rungs.Select(static o => o with { SavedType = DType.BF16 })]);
        if (train.Recompute == Recompute.Auto)
            rungs.AddRange([.. rungs.Select(static o => o with { Keep = Keep.Recompute })]);
        return [.. rungs.OrderBy(Cost)];
    }

    // Time of a step relative to the fastest way to take it, roughly, as measured in the shape of SmolLM2-135M: every pass packs all weights
    // again, which costs as much as 30 rows where all of them train and 70 where few do; rounding and widening 5 to 8 %; the second forward
    // of a segment a quarter.
    private static double Cost(TrainerOptions options) =>
        (1 + 40.0 / options.PassRows) * (options.SavedType is null ? 1 : 1.06) * (options.Keep == Keep.Recompute ? 1.25 : 1);

    private static MemoryPlan PlanOf(Recipe recipe, ModelFolder folder, RunData data, TuningMethod method, TrainerOptions options, Backend backend, int block, IReadOnlyList<ModelBeside> beside)
    {
        // Answers to the test rows, and those to each task of the suites.
        var asked = data.Suites.Select(static s => (s.Rows.Asked.Questions, s.Rows.MaxNewTokens)).Append((data.Asked.Questions, MaxNewTokens: recipe.Eval.MaxNewTokens ?? 0))
            .Where(static a => a.Questions.Count > 0).ToArray();
        var texts = Math.Min(asked.Select(static a => a.Questions.Count).Append(data.Probe?.Texts ?? 0).Max(), Generator.MaxSlots);
        var length = asked.Select(static a => a.Questions.Max(static q => q.Prompt.Length) + a.MaxNewTokens).Append(data.Probe?.Length ?? 0).Max();
        var widest = data.Suites.Select(static s => s.Rows.PassRows).DefaultIfEmpty(0).Max();
        var suites = data.Suites.Sum(static s => s.Rows.Asked.ChoiceExamples.Sum(static e => (long)e.Ids.Length) + s.Rows.Asked.Questions.Sum(static q => (long)q.Prompt.Length));
        return MemoryPlan.Of(folder, method, options, backend, texts, length, data.All.Sum(static e => (long)e.Ids.Length) + suites, block, widest, beside);
    }

    private static Recipe Resolve(Recipe recipe, TrainerOptions options, bool prefix, string prefixReason, Choices choices)
    {
        var train = recipe.Train;
        if (train.MicroBatchTokens is null)
            choices.Note("train.micro_batch_tokens", options.PassRows.ToString(CultureInfo.InvariantCulture), "of the fastest way whose memory plan fits, at most 2048");
        if (train.Saved is null)
            choices.Note("train.saved", options.SavedType is null ? "f32" : "bf16", options.SavedType is null ? "the plan fits without rounding" : "the fastest way that fits");
        var recompute = options.Keep == Keep.Recompute;
        if (train.Recompute == Recompute.Auto)
            choices.Note("train.recompute", recompute ? "on" : "off", recompute ? "the fastest way that fits" : "the plan fits without");
        if (prefixReason.Length > 0)
            choices.Note("train.prefix_cache", prefix ? "on" : "off", prefixReason);
        return recipe with
        {
            Train = train with
            {
                MicroBatchTokens = options.PassRows,
                Saved = options.SavedType ?? DType.F32,
                Recompute = recompute ? Recompute.On : Recompute.Off,
                PrefixCache = prefix ? PrefixCacheUse.On : PrefixCacheUse.Off,
            },
        };
    }

    private static UserErrorException DoesNotFit(Recipe recipe, MemoryPlan smallest, long limit)
    {
        var (name, bytes) = smallest.Terms[0];
        var given = recipe.Limits.Memory is not null ? "limits.memory" : "free memory";
        var remedies = new List<string> { $"allow {Megabytes(smallest.Total)}" };
        if (recipe.Train.MicroBatchTokens is not null)
            remedies.Add("leave train.micro_batch_tokens open");
        if (recipe.Train.Saved == DType.F32)
            remedies.Add("leave train.saved open");
        if (recipe.Train.Recompute == Recompute.Off)
            remedies.Add("leave train.recompute open");
        if (recipe.Train.Optimizer == OptimizerKind.AdamW)
            remedies.Add("leave train.optimizer open");
        if (recipe.Method.Base is BaseFormat.Stored or BaseFormat.Int8)
            remedies.Add("leave method.base open");
        if (recipe.Method.Kind.Adapter is null)
            remedies.Add("set method.kind: lora");
        if (smallest.Teacher > 0)
            remedies.Add(recipe.Objective is { Teacher: not null, TeacherBase: not BaseFormat.NF4 } ? "set objective.teacher_base: nf4 (or int8), or choose a smaller teacher" : "choose a smaller teacher");
        remedies.Add("lower data.max_length");
        return new UserErrorException(given, $"the run needs {Megabytes(smallest.Total)} at the least, and {Megabytes(limit)} may be used; the largest term is {name} with {Megabytes(bytes)}", string.Join("; or ", remedies));
    }

    // In the unit of limits.memory, and rounded up: what is asked for here can be given there as it stands, and is enough.
    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes + 999_999) / 1_000_000}MB");
}
