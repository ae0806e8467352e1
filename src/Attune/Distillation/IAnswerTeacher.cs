namespace Attune.Distillation;

/// <summary>One answer of a teacher.</summary>
/// <param name="Text">Its words.</param>
/// <param name="Stopped">Whether the teacher ended it; false where it was cut off at the longest that was allowed.</param>
/// <param name="Tokens">The teacher's tokens; 0 where it does not count them.</param>
public sealed record TeacherAnswer(string Text, bool Stopped, int Tokens);

/// <summary>What a teacher said to one row.</summary>
/// <param name="Answers">Its answers, in the order of their draws.</param>
/// <param name="Refusal">Why it gave none, where it could not answer this row; others are not concerned.</param>
public sealed record RowAnswers(IReadOnlyList<TeacherAnswer> Answers, string? Refusal = null);

/// <summary>
/// Who writes the answers of sequence-level distillation (Kim and Rush 2016, "Sequence-level knowledge distillation"): a local model,
/// or a server behind any <see cref="Microsoft.Extensions.AI.IChatClient"/>.
/// </summary>
public interface IAnswerTeacher
{
    /// <summary>What rows call it.</summary>
    string Name { get; }

    /// <summary>All that decides its answers, by name: answers under other settings are not mixed with these.</summary>
    IReadOnlyList<(string Name, string Value)> Settings { get; }

    /// <summary>Answers rows one after the other, in their order, each as soon as it and all before it are there.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="from">The first of them that is answered; what comes of a row does not depend on it.</param>
    /// <param name="cancel">Ends it between two tokens, or two requests.</param>
    /// <exception cref="Problems.RunFailedException">The teacher cannot be reached any more.</exception>
    IAsyncEnumerable<RowAnswers> AnswerAsync(IReadOnlyList<PromptRow> rows, int from, CancellationToken cancel);
}
