using System.Text.Json.Nodes;
using Attune.Data;

namespace Attune.Augmentation;

/// <summary>A row that is to be made.</summary>
/// <param name="Parent">The row whose form it has.</param>
/// <param name="Shown">The rows that it comes of: the parent, or all that a model was shown.</param>
/// <param name="By">How.</param>
/// <param name="Number">Which of its parent's, from 0.</param>
/// <param name="Options">What else decides it.</param>
internal sealed record Job(SourceRow Parent, IReadOnlyList<SourceRow> Shown, Augmenter By, int Number, AugmentOptions Options)
{
    /// <summary>For logs: parent, method, number.</summary>
    public string Id => FormattableString.Invariant($"{Parent.Row.File}:{Parent.Row.Number} {By.Name} {Number + 1}");
}

/// <summary>A new row, complete but for what is still looked at.</summary>
/// <param name="Job">What it was to be.</param>
/// <param name="Texts">Its texts, by the parent's places.</param>
internal sealed record Candidate(Job Job, RuleTexts Texts)
{
    /// <summary>Whether its last answer is still to be written.</summary>
    public bool NeedsAnswer { get; init; }

    /// <summary>What it says; null where texts of a model make no row of the file's shape.</summary>
    public Conversation? Chat => Job.Parent.Form.Again(Fields(null));

    /// <summary>The row as it is written: the parent's fields, with the new texts and their lineage.</summary>
    /// <param name="field">A field that holds the class, which the new row shares.</param>
    public JsonObject Fields(string? field)
    {
        var parent = Job.Parent;
        var fields = (JsonObject)parent.Row.Fields.DeepClone();
        // What stands beside a question and its answer says nothing of another question.
        var model = Job.By.Model;
        foreach (var name in model is { KeepsAnswer: false } ? parent.Row.Fields.Select(static f => f.Key).Where(f => !parent.Form.Fields.Contains(f) && f != field).ToArray() : [])
            fields.Remove(name);
        foreach (var (place, text) in parent.Asked.Zip(Texts.Asked).Concat(parent.Answered.Zip(Texts.Answered)))
            place.Set(fields, text);
        fields[Lineage.Parents] = string.Join(' ', Job.Shown.Select(static r => Lineage.IdOf(r.Key)).Distinct(StringComparer.Ordinal));
        fields[Lineage.Method] = Job.By.Name;
        return fields;
    }
}
