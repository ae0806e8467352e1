using Attune.Evaluation.Metrics;
using Attune.Problems;

namespace Attune.Recipes;

/// <summary>What must hold between keys. Runs on recipes whose single values are all right; more rules are more lines in the list.</summary>
internal static class RecipeRules
{
    private static readonly Func<Recipe, (string Key, string Message, string Remedy)?>[] Rules =
    [
        r => r.Train.FromScratch && r.Method.Kind != MethodKind.Full
            ? ("train.from_scratch", "random weights cannot be tuned by an adapter", "set method.kind: full")
            : null,
        r => r.Train.FromScratch && r.Method.LastLayers is not null
            ? ("method.last_layers", "blocks that stay as they are must have learned something, and train.from_scratch begins with random ones", "leave one of the two out")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, Teacher: null, File: null }
            ? ("objective.teacher", "objective.kind is distill, and there is nothing to learn from", "give the teacher's folder, or objective.file, or set objective.kind: next-token")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, Teacher: not null, File: not null }
            ? ("objective.file", "objective.teacher is given as well, and a run learns from one of the two", "leave one of them out")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, Divergence: ObjectiveRecipe.Universal, OnPolicy: > 0 }
            ? ("objective.on_policy", "with objective.divergence uld the teacher reads the data's rows in its own tokens, and what the student writes itself is not among them", "leave it out, or choose a teacher with the student's tokens and another divergence")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, Divergence: ObjectiveRecipe.Universal, Hidden: > 0 }
            ? ("objective.hidden", "hidden states are matched token by token, and with objective.divergence uld the teacher's tokens are others", "leave it out, or choose a teacher with the student's tokens and another divergence")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, OnPolicy: > 0, Teacher: null }
            ? ("objective.on_policy", "what the student writes itself must be read by the teacher, and there is none but a file", "give objective.teacher, or leave objective.on_policy out")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, Hidden: > 0, Teacher: null }
            ? ("objective.hidden", "hidden states are read from a teacher in memory, and objective.file holds none", "give objective.teacher, or leave objective.hidden out")
            : null,
        r => r.Objective is { Kind: ObjectiveKind.Distill, OnPolicy: > 0, LabelWeight: 1 }
            ? ("objective.on_policy", "what the student writes itself has no labels, and objective.label_weight is 1, which leaves the teacher out", "lower objective.label_weight, or leave objective.on_policy out")
            : null,
        r => r.Data.Train.FirstOrDefault(f => r.Data.Test.Any(t => t.Path == f.Path)) is { } file
            ? ("data.test", $"{file.Path} is trained on, so it cannot show a gain", "give rows that are not in data.train")
            : null,
        r => r.Data.Train.FirstOrDefault(f => r.Data.Valid.Any(v => v.Path == f.Path)) is { } file
            ? ("data.valid", $"{file.Path} is trained on, so it cannot choose the best checkpoint", "give rows that are not in data.train, or leave data.valid to auto")
            : null,
        r => r.Guard.Forgetting is not null && r.Eval.General == EvalRecipe.None
            ? ("guard.forgetting", "what is forgotten is not measured, because eval.general is none", "give general text as eval.general, or leave it to auto")
            : null,
        r => r.Data.Replay.Count > 0 && r.Objective.File is not null
            ? ("data.replay", "the file of objective.file holds what the teacher says of the rows of data.train alone", "put the other rows into data.train before attune distill logits, or give the teacher itself (objective.teacher)")
            : null,
        r => r.Guard.Truth is not null && r.Eval.Suites.Count == 0
            ? ("guard.truth", "what is made up is not measured, because eval.suites is none", "set eval.suites: truth, or a suite of your own")
            : null,
        r => r.Guard.Memorisation is not null && r.Eval.Memorisation == 0
            ? ("guard.memorisation", "what is known by heart is not measured, because eval.memorisation is 0", "raise it, or leave it to auto")
            : null,
        r => r.Guard.Metric is { } metric && r.Eval.Metrics.Count > 0 && !r.Eval.Metrics.Contains(metric)
            ? ("guard.metric", $"{metric} is not among eval.metrics", $"add it there, or choose one of {string.Join(", ", r.Eval.Metrics)}")
            : null,
        r => r.Guard.Gain is not null && r.Data.Test.Count == 0 && r.Data.Valid.Count == 0 && r.Data.ValidFraction == 0
            ? ("guard.gain", "no rows are held out, so that no gain can be measured", "give data.test, or a data.valid_fraction above 0")
            : null,
        r => r.Data.Replay.FirstOrDefault(f => f.Path == r.Eval.General || r.Data.Test.Concat(r.Data.Valid).Any(t => t.Path == f.Path)) is { } file
            ? ("data.replay", $"{file.Path} is measured on, so that training on it would hide what is forgotten", "give other rows of the kind")
            : null,
        r => r.Eval.Rows == 0 && r.Eval.Metrics.FirstOrDefault(static m => MetricTable.Parse(m).Metric is { } metric && (metric.Needs & ~Evidence.Losses) != 0) is { } name
            ? ("eval.metrics", $"{name} needs rows that are answered, and eval.rows is 0", "raise eval.rows, or choose among loss, perplexity and token-accuracy")
            : null,
    ];

    /// <summary>Rules between keys that a recipe breaks.</summary>
    public static IEnumerable<(string Key, string Message, string Remedy)> BrokenBy(Recipe recipe)
    {
        foreach (var rule in Rules)
        {
            if (rule(recipe) is { } broken)
                yield return broken;
        }
    }

    /// <summary>Broken rules, and keys that were set to something although nothing will read them.</summary>
    public static IEnumerable<Problem> Check(Recipe recipe, IReadOnlyDictionary<string, RecipeEntry> given)
    {
        foreach (var (key, message, remedy) in BrokenBy(recipe))
            yield return new(given.TryGetValue(key, out var entry) ? entry.Place : key, message, remedy);
        if (recipe.Search.Space.Count > 0)
        {
            foreach (var problem in SpaceRules.Check(recipe, given.TryGetValue("search.space", out var space) ? space.Place : "search.space"))
                yield return problem;
        }

        foreach (var entry in given.Values)
        {
            var key = RecipeKeys.Find(entry.Key)!;
            if (entry.Scalar != "auto" && key.Idle(recipe) is { } why)
                yield return new(entry.Place, $"has no effect, because {why}", "leave it out");
        }
    }
}
