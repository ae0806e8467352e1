using System.Globalization;
using System.Runtime.CompilerServices;
using Attune.Data;
using Attune.Distillation;
using Attune.Models;
using Attune.Text;

namespace Attune.Runs;

/// <summary>A local model, with an adapter or without, as a teacher that writes answers: the same rows and settings give the same answers to the letter.</summary>
/// <param name="model">The model; stays the caller's.</param>
/// <param name="generation">How far it writes, and how; answer s of row r is drawn with the seed + r · samples + s.</param>
/// <param name="samples">Answers to each row.</param>
public sealed class LocalTeacher(InferenceModel model, GenerationOptions generation, int samples) : IAnswerTeacher
{
    // As many as are under way at once. Blocks begin at fixed rows, since which texts are written together may decide a last bit.
    private readonly int block = Math.Max(1, Generator.MaxSlots / samples);

    /// <inheritdoc />
    public string Name { get; } = model.Context.Name;

    /// <inheritdoc />
    public IReadOnlyList<(string Name, string Value)> Settings
    {
        get
        {
            var (context, sampling) = (model.Context, generation.Sampling);
            return
            [
                ("teacher", Name), ("model", model.Fingerprint()),
                ("tokenizer", context.Tokenizer.Hash), ("template", context.Template?.Hash ?? "none"), ("samples", Text(samples)), ("temperature", Text(sampling.Temperature)),
                ("top-k", Text(sampling.TopK)), ("top-p", Text(sampling.TopP)), ("repetition-penalty", Text(sampling.RepetitionPenalty)), ("seed", Text(sampling.Seed)),
                ("max-new-tokens", Text(generation.MaxNewTokens)), ("stop", string.Join('\u001f', generation.StopStrings)),
            ];
        }
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<RowAnswers> AnswerAsync(IReadOnlyList<PromptRow> rows, int from, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var first = from / block * block; first < rows.Count; first += block)
        {
            var start = first;
            var said = await Task.Run(() => Answer(rows, start, cancel), cancel).ConfigureAwait(false);
            for (var i = Math.Max(0, from - first); i < said.Length; i++)
                yield return said[i];
        }
    }

    private RowAnswers[] Answer(IReadOnlyList<PromptRow> rows, int first, CancellationToken cancel)
    {
        var said = new RowAnswers[Math.Min(block, rows.Count - first)];
        var asked = new List<int[]>();
        for (var i = 0; i < said.Length; i++)
        {
            var prompt = PromptOf(rows[first + i], out var refusal);
            said[i] = new RowAnswers([], refusal);
            // A row that cannot be asked keeps its place, so that no draw of another depends on it.
            asked.AddRange(Enumerable.Repeat(refusal is null ? prompt : [0], samples));
        }
        var written = model.Generate(asked, generation with { Sampling = generation.Sampling with { Seed = generation.Sampling.Seed + (long)first * samples } }, null, cancel);
        for (var i = 0; i < said.Length; i++)
        {
            if (said[i].Refusal is null)
                said[i] = new RowAnswers([.. written.Skip(i * samples).Take(samples).Select(static w => new TeacherAnswer(w.Text, w.Reason != StopReason.Length, w.Ids.Count))]);
        }
        return said;
    }

    // In the words of the teacher's own template, on the day that training knows.
    private int[] PromptOf(PromptRow row, out string? refusal)
    {
        var context = model.Context;
        var messages = row.Prompt.Select(static t => new ChatMessage(t.Role, t.Content) { Extra = t.Extra }).ToArray();
        try
        {
            var ids = context.Text(context.Template is { } template
                ? context.Render(template, messages, addGenerationPrompt: true, ChatSpans.Clock, row.Chat.Tools)
                : string.Join("\n", messages.Select(static m => m.Content)));
            var positions = model.Decoder.Spec.MaxPositions;
            refusal = ids.Length == 0 ? "its prompt is empty" : ids.Length >= positions ? $"its prompt has {ids.Length} tokens, and the teacher {positions} positions" : null;
            return ids;
        }
        catch (TemplateRefusedException e)
        {
            refusal = $"the teacher's chat template refuses it: {e.Message}";
            return [];
        }
    }

    private static string Text<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
