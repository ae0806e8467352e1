using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>Cross-entropy of the next token, over trained rows only.</summary>
public static class NextToken
{
    /// <summary>Rows of logits that exist at once, so that [tokens, vocabulary] never does.</summary>
    public const int ChunkRows = 256;

    /// <summary>Runs model and loss forward; where the tape records, the head's gradients are made on the way.</summary>
    /// <param name="t">The tape.</param>
    /// <param name="model">The model.</param>
    /// <param name="pass">The input's pass, with adapters and randomness as wanted.</param>
    /// <param name="input">Ids, targets, weights; at least one trained row.</param>
    /// <param name="scale">1 / number of trained tokens of the whole optimizer step.</param>
    /// <param name="rowLoss">What is computed of each row of logits; null for cross-entropy.</param>
    /// <returns>scale · Σ losses as [1, 1], and the loss of every trained row as [1, n].</returns>
    public static (Var Loss, Tensor RowLosses) Forward(Tape t, Decoder model, Pass pass, PassInput input, float scale, ITokenLoss? rowLoss = null)
    {
        var hidden = model.Hidden(t, pass, input.Ids);
        t.Section = "head";
        // Memory for the most rows that can be trained, whatever this batch has: the plan holds for every batch.
        var capacity = input.Ids.Length;
        var rows = t.Integers(input.TrainedRows, capacity);
        var chosen = t.Run(new GatherRows(hidden, rows, capacity));
        t.Done(hidden);
        var losses = t.New(1, capacity).ColRange(0, input.TrainedRows.Length);
        var loss = t.Run(new HeadLoss(
            chosen, model.Head, t.Integers(input.Targets, capacity), t.Numbers(input.Weights, capacity), scale, rowLoss ?? new CrossEntropyLoss(), ChunkRows, losses, capacity));
        return (loss, losses);
    }
}
