namespace Attune.Engine.Autograd;

/// <summary>A segment that keeps only its inputs and runs its body again on the way back.</summary>
internal sealed class RecomputedSegment(Var[] inputs, Func<Tape, Var[], Var[]> body) : Op(inputs)
{
    public override IEnumerable<Tensor> Saved => Inputs.Where(static v => v is not Parameter).Select(static v => v.Value);

    public override void Forward(Tape t)
    {
        // The second run must find the inputs as they are now: the body may not overwrite them.
        foreach (var s in Saved)
            s.Block.Savers++;
        try
        {
            // Fresh values: the body may return an input, or one value twice, and each output has a gradient of its own.
            Outs = [.. t.RunForLater([.. Inputs], body).Select(static o => new Var(o.Value, o.NeedsGrad))];
        }
        finally
        {
            foreach (var s in Saved)
                s.Block.Savers--;
        }
        // Parameters that the body captures count too, so that only the body's results tell whether anything in it trains.
        Recorded = Outs.Any(static o => o.NeedsGrad);
    }

    public override void Backward(Tape t) => t.BackwardThrough(this, body);
}
