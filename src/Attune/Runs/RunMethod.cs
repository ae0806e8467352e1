using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Training;

namespace Attune.Runs;

/// <summary>What of the model trains, and how fast.</summary>
internal static class RunMethod
{
    /// <summary>Decides what the recipe leaves open about its method and its learning rate.</summary>
    /// <returns>The recipe with both resolved, and the method.</returns>
    public static (Recipe Recipe, TuningMethod Method) Choose(Recipe recipe, ModelContext model, Choices choices)
    {
        var (method, train) = (recipe.Method, recipe.Train);
        var kind = method.Kind;
        if (kind.Adapter is not null && train.FromScratch)
            throw new UserErrorException("train.from_scratch", "adapters on random weights learn next to nothing", "set method.kind: full, or train.from_scratch: false");
        var spec = model.Folder.Spec;
        if (method.LastLayers > spec.Layers)
            throw new UserErrorException("method.last_layers", $"is {method.LastLayers}; the model has {spec.Layers} blocks", $"set it to 1 … {spec.Layers}, or leave it out to train all");
        if (kind.HasRank)
        {
            var parameters = model.Folder.Parameters;
            var most = method.Init == LowRankStart.Pissa ? parameters.Where(static i => i.Role == ParameterRole.Matrix).Min(static i => Math.Min(i.Rows, i.Cols)) : spec.Hidden / 2;
            var rank = choices.Rank(method.Rank, parameters.Sum(static i => (long)i.Rows * i.Cols), most);
            method = method with { Rank = rank, Alpha = choices.Alpha(method.Alpha, rank) };
        }
        if (kind.Adapter is not null)
            method = method with { Targets = choices.Targets(method.Targets, kind, model.Folder.Family.Names) };
        var rate = choices.LearningRate(train.LearningRate, method, train.FromScratch, spec.Hidden);
        recipe = recipe with { Method = method, Train = train with { LearningRate = rate } };
        var adapter = kind.Adapter?.Invoke(method, model.Folder.Family.Names);
        if (method.LastLayers is { } n && adapter is not null)
            adapter = adapter with { Targets = adapter.Targets.InBlocks(Enumerable.Range(spec.Layers - n, n)) };
        var selection = kind.Selection with { LastLayers = method.LastLayers };
        if (adapter is null && !model.Folder.Parameters.Any(i => selection.Trains(i, spec)))
        {
            throw new UserErrorException(
                "method.kind", $"{kind} trains the {selection.Name} of a model, and {recipe.Model} has none" + (method.LastLayers is null ? "" : " in its last blocks"),
                $"use {string.Join(", ", MethodKind.All.Where(k => k != kind).Select(static k => k.Name))}");
        }
        return (recipe, new TuningMethod(adapter, train.FromScratch, train.Seed) { Selection = selection });
    }
}
