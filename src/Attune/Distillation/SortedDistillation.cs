using Attune.Data;
using Attune.Engine.Autograd;
using Attune.Objectives;

namespace Attune.Distillation;

/// <summary>Learning from a teacher with another tokenizer, by a file of its sorted probabilities: see <see cref="SortedLoss"/> for the formula.</summary>
/// <param name="file">The file; stays the caller's.</param>
/// <param name="path">What errors call it.</param>
/// <param name="examples">What is trained on.</param>
/// <param name="labels">What learns from the labels.</param>
/// <param name="labelWeight">λ from 0 to 1: the weight of the labels; the teacher's is 1 − λ.</param>
/// <exception cref="Problems.UserErrorException">The file does not know all examples.</exception>
internal sealed class SortedDistillation(LogitsFile file, string path, IReadOnlyList<Example> examples, ITokenObjective labels, double labelWeight) : ITokenObjective
{
    private readonly ExampleRows places = new(file, path, examples);

    /// <inheritdoc />
    public long Bytes => file.Header.FileBytes;

    /// <inheritdoc />
    public PassLoss For(Tape t, PassInput input) =>
        new(new SortedLoss(labels.For(t, input).Tokens, file, t.Arena.IsPretend ? [] : places.Of(input), (float)labelWeight));
}
