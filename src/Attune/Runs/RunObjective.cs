using Attune.Distillation;
using Attune.Objectives;
using Attune.Recipes;
using Attune.Training;

namespace Attune.Runs;

/// <summary>What a run minimises.</summary>
internal static class RunObjective
{
    /// <summary>The objective of a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="model">The model that learns.</param>
    /// <param name="teacher">What it learns from, where there is one.</param>
    /// <param name="file">What it learns from, where that is a file.</param>
    /// <param name="data">The rows.</param>
    /// <param name="method">What trains of the model.</param>
    public static ITokenObjective Of(Recipe recipe, ModelContext model, FrozenModel? teacher, LogitsFile? file, RunData data, TuningMethod method)
    {
        var labels = new LabelObjective(recipe.Train.LabelSmoothing);
        var objective = recipe.Objective;
        if (file is { Header.Sorted: true })
            return new SortedDistillation(file, objective.File!, data.Train, labels, objective.LabelWeight);
        if (teacher is not null && objective.Divergence == ObjectiveRecipe.Universal)
            return SortedTeacher.Of(recipe, model, teacher, data, labels);
        ITeacher? source = teacher is not null ? teacher.AsTeacher(model, data.Longest) : file is not null ? new FileTeacher(file, objective.File!, data.Train) : null;
        return source is null ? labels : new DistillationObjective(source, DivergenceOf(objective), objective.Temperature, objective.LabelWeight)
        {
            Labels = labels,
            Hidden = teacher is null ? null : HiddenOf(objective, model, teacher, method),
        };
    }

    private static HiddenMatching? HiddenOf(ObjectiveRecipe objective, ModelContext model, FrozenModel teacher, TuningMethod method)
    {
        if (objective.Hidden == 0)
            return null;
        var (own, other) = (model.Folder.Spec, teacher.Context.Folder.Spec);
        return new HiddenMatching(
            objective.HiddenLayers.Of(own.Layers, other.Layers, method.LowestBlock(model.Folder)), objective.HiddenLoss, objective.Hidden, own.Hidden, other.Hidden,
            own.Hidden != other.Hidden || objective.HiddenProjection == HiddenProjection.On);
    }

    /// <summary>What the student writes itself; null for nothing.</summary>
    public static OnPolicy? OnPolicyOf(Recipe recipe, ModelContext model, RunData data) => recipe.Objective is { Kind: ObjectiveKind.Distill, OnPolicy: > 0 } objective
        ? new OnPolicy(
            objective.OnPolicy, (float)objective.SampleTemperature, recipe.Train.Seed, model.Tokenizer, data.StopIds,
            data.Train.Max(static e => e.Prompt.Length), data.Train.Max(static e => e.Answer.Length))
        : null;

    private static Engine.Backends.Divergence DivergenceOf(ObjectiveRecipe objective)
    {
        var named = Divergences.Find(objective.Divergence);
        return named.Of(named.Name == ObjectiveRecipe.JensenShannon ? objective.Beta : objective.Skew);
    }
}
