using Attune.Models;

namespace Attune.Evaluation;

/// <summary>A model's answer to a question.</summary>
/// <param name="Text">What it wrote.</param>
/// <param name="Stopped">Whether it ended by itself.</param>
public sealed record Answer(string Text, bool Stopped);

/// <summary>Lets a model answer questions, greedily.</summary>
public static class Answers
{
    /// <summary>One answer per question.</summary>
    public static Answer[] Of(
        IReadOnlyList<Question> questions, Generator generator, int maxNewTokens, IReadOnlyCollection<int> stopIds,
        Action<int>? onAnswered = null, CancellationToken cancel = default)
    {
        var options = new GenerationOptions { MaxNewTokens = maxNewTokens, StopIds = stopIds };
        var answers = new List<Answer>();
        // In groups, so that progress can be shown.
        foreach (var group in questions.Chunk(2 * Generator.MaxSlots))
        {
            var written = generator.GenerateAll([.. group.Select(static q => (IReadOnlyList<int>)q.Prompt)], options, cancel: cancel);
            answers.AddRange(written.Select(static w => new Answer(w.Text, w.Reason != StopReason.Length)));
            onAnswered?.Invoke(answers.Count);
        }
        return [.. answers];
    }
}
