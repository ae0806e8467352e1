using System.Globalization;
using Attune.Distillation;
using Attune.Problems;
using Attune.Recipes;

namespace Attune.Runs;

/// <summary>The file that a run learns from in place of a teacher: <c>objective.file</c>, held against the run.</summary>
internal static class RunLogits
{
    private const string Key = "objective.file";

    /// <summary>Opens the file of a recipe; null where it has none.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="student">The model that learns.</param>
    /// <exception cref="UserErrorException">It is damaged, or of another tokenizer, template or temperature.</exception>
    public static LogitsFile? Open(Recipe recipe, ModelContext student)
    {
        if (recipe.Objective is not { Kind: ObjectiveKind.Distill, File: { } path } objective)
            return null;
        var file = LogitsFile.Open(path);
        var (header, problems) = (file.Header, new List<Problem>());
        if (header.Tokenizer != student.Tokenizer.Hash || (!header.Sorted && header.Vocabulary != student.Tokenizer.VocabularySize))
            problems.Add(new Problem(Key, $"{path} was written with another tokenizer than that of {student.Folder.Path}", "write it with a teacher of the student's family, or with attune distill logits --student"));
        if (header.Template != TemplateHash(student))
            problems.Add(new Problem(Key, $"{path} was written with another chat template than the one that writes the rows here", "give attune distill logits this template (--template), or set data.template to the teacher's"));
        if (header.Sorted != (objective.Divergence == ObjectiveRecipe.Universal))
        {
            problems.Add(header.Sorted
                ? new Problem("objective.divergence", $"is {objective.Divergence}, and {path} holds sorted probabilities, from a teacher with other tokens", $"set it to {ObjectiveRecipe.Universal}")
                : new Problem("objective.divergence", $"is {objective.Divergence}, and {path} says which tokens are how likely", "choose any other divergence, or write the file with --student"));
        }
        if (header.Temperature != (float)objective.Temperature)
        {
            problems.Add(new Problem(
                "objective.temperature", string.Create(CultureInfo.InvariantCulture, $"is {objective.Temperature}, and {path} was written at {header.Temperature}: the rest of its distribution is known at that temperature alone"),
                string.Create(CultureInfo.InvariantCulture, $"set it to {header.Temperature}, or write the file at the other")));
        }
        if (problems.Count == 0)
            return file;
        file.Dispose();
        throw new UserErrorException(problems);
    }

    /// <summary>The hash of the template that rules, in hex; zeros where none does.</summary>
    public static string TemplateHash(ModelContext model) => model.Template?.Hash ?? new string('0', 64);
}
