using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>Takes the trained rows of a pass out of the layers that a loss reads, as they come by.</summary>
/// <param name="loss">The loss.</param>
/// <param name="input">The pass.</param>
/// <param name="scale">1 / number of trained tokens of the whole step.</param>
/// <param name="own">The objective's own matrices, by name.</param>
public sealed class HiddenTap(IHiddenLoss loss, PassInput input, float scale, Func<string, Parameter?> own) : IHiddenTap
{
    private readonly List<(string Section, Var Loss, Tensor RowLosses)> terms = [];

    /// <summary>One for each layer, in the order of the layers: where it was taken, scale · Σ losses as [1, 1], the losses of the trained rows as [1, n].</summary>
    public IReadOnlyList<(string Section, Var Loss, Tensor RowLosses)> Terms => terms;

    /// <inheritdoc />
    public void Take(Tape t, int layer, Var x)
    {
        if (!loss.Reads(layer))
            return;
        t.Section = $"hidden states of layer {layer}";
        // Memory for the most rows that can be trained, whatever this batch has: the plan holds for every batch.
        var capacity = input.Ids.Length;
        var rows = t.Run(new GatherRows(x, t.Integers(input.TrainedRows, capacity), capacity));
        var losses = t.New(1, capacity).ColRange(0, input.TrainedRows.Length);
        terms.Add((t.Section, loss.Run(t, new HiddenRows(layer, rows, capacity, losses, scale, own)), losses));
        // What matching needs of them it has saved.
        t.Done(rows);
    }
}
