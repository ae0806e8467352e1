using System.Globalization;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Models;

namespace Attune.Objectives;

/// <summary>A layer of the student, and the one of the teacher that it is to say the same as; counted as in <see cref="IHiddenLoss"/>.</summary>
/// <param name="Student">From 1 to the student's blocks.</param>
/// <param name="Teacher">From 1 to the teacher's blocks.</param>
public readonly record struct LayerPair(int Student, int Teacher);

/// <summary>
/// Matching of hidden states: weight · mean over the layers of w_i · d(x_i · P, t_i), x being the student's rows, t the teacher's, P a
/// matrix [C, D] of each layer that trains with the student and is dropped at the end.
/// </summary>
/// <remarks>
/// Hints with a regressor are FitNets' (Romero et al. 2015), several layers and one projection for Transformers TinyBERT's (Jiao et al. 2020),
/// the cosine DistilBERT's (Sanh et al. 2019). Here each layer has a projection of its own, since the last one is normalised and the
/// others are not, and the squared error is taken in units of the teacher's row, which lets one weight serve every layer and model.
/// </remarks>
/// <param name="Layers">Which layers are matched.</param>
/// <param name="Distance">d.</param>
/// <param name="Weight">Beside the token loss.</param>
/// <param name="StudentWidth">C.</param>
/// <param name="TeacherWidth">D.</param>
/// <param name="Projects">Whether there are projections; without them C = D.</param>
public sealed record HiddenMatching(
    IReadOnlyList<LayerPair> Layers, RowDistance Distance, double Weight, int StudentWidth, int TeacherWidth, bool Projects)
{
    /// <summary>The projections.</summary>
    public IReadOnlyList<ParameterInfo> Own => Projects
        ? [.. Layers.Select(p => new ParameterInfo(NameOf(p.Student), StudentWidth, TeacherWidth, ParameterRole.Matrix))]
        : [];

    /// <summary>What is matched, as a sentence for the report.</summary>
    public string Says => string.Create(
        CultureInfo.InvariantCulture,
        $"Hidden states {(Layers.Count == 1 ? "of layer" : "of layers")} {string.Join(", ", Layers.Select(static p => p.Student))} were matched with the teacher's {string.Join(", ", Layers.Select(static p => p.Teacher))} ({(Distance == RowDistance.Squared ? "mse" : "cosine")}, weight {Weight:0.####}){(Projects ? $", through {(Layers.Count == 1 ? "a projection" : "projections")} of {StudentWidth} × {TeacherWidth} that the result does not hold" : "")}.");

    /// <summary>The loss of a pass.</summary>
    /// <param name="t">The pass's tape.</param>
    /// <param name="input">The pass.</param>
    /// <param name="teacher">The teacher's trained rows, [n, D] of each of <see cref="Layers"/>.</param>
    public IHiddenLoss Against(Tape t, PassInput input, IReadOnlyList<Tensor> teacher)
    {
        var share = (float)(Weight / Layers.Count);
        return new Loss(this, teacher, t.Numbers([.. input.Weights.Select(w => w * share)], input.Ids.Length));
    }

    private static string NameOf(int layer) => $"hidden.{layer}.projection";

    private sealed class Loss(HiddenMatching matching, IReadOnlyList<Tensor> teacher, Tensor weights) : IHiddenLoss
    {
        public bool Reads(int layer) => Place(layer) >= 0;

        public Var Run(Tape t, HiddenRows rows) => t.Run(new HiddenMatch(
            rows.Rows, matching.Projects ? rows.Own(NameOf(rows.Layer)) : null, teacher[Place(rows.Layer)], weights, matching.Distance, rows.Scale, rows.Losses, rows.Capacity));

        private int Place(int layer) => matching.Layers.TakeWhile(p => p.Student != layer).Count() is var place && place < matching.Layers.Count ? place : -1;
    }
}
