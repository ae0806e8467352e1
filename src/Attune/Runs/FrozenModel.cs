using System.Globalization;
using Attune.Adapters;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Text;
using Attune.Training;

namespace Attune.Runs;

/// <summary>A model beside the one that is trained, mapped and frozen: the teacher of a distillation, or a student to compare with.</summary>
public sealed class FrozenModel : IDisposable
{
    private const string TeacherKey = "objective.teacher", TeacherBaseKey = "objective.teacher_base", CompareKey = "objective.compare";

    private readonly Lazy<(Decoder Decoder, AdapterSet? Adapters)> held;

    private FrozenModel(ModelContext context)
    {
        Context = context;
        held = new(() => Sides(context.Folder.BuildFrozen()));
        // What is not quantised is mapped, and a plan may look at the same. Otherwise nothing is quantised before it is run; that the adapter fits is seen now.
        Planned = context.Folder.HeldAs is null ? held.Value : PlannedSides();
    }

    /// <summary>Configuration, tokenizer, template.</summary>
    public ModelContext Context { get; }

    /// <summary>The model, over mapped weights, or quantised ones: then it is quantised when it is first asked for, if <see cref="Load"/> did not.</summary>
    public Decoder Decoder => held.Value.Decoder;

    /// <summary>What it was tuned with; null for the model alone.</summary>
    public AdapterSet? Adapters => held.Value.Adapters;

    /// <summary>Both for pretended memory: nothing is quantised for a plan.</summary>
    internal (Decoder Decoder, AdapterSet? Adapters) Planned { get; }

    /// <summary>Weights, adapters included.</summary>
    public long Parameters => Context.Folder.Parameters.Sum(static i => (long)i.Rows * i.Cols) + (Planned.Adapters?.Parameters.Sum(static p => p.Value.Count) ?? 0);

    /// <summary>Bytes that it keeps, mapped ones included.</summary>
    public long Bytes => Context.Folder.WeightBytes + (Planned.Adapters?.Parameters.Sum(static p => p.Value.Bytes) ?? 0);

    /// <summary>The teacher of a recipe; null where it has none.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="student">The model that learns.</param>
    /// <exception cref="UserErrorException">It cannot be opened, or its tokens are not the student's.</exception>
    internal static FrozenModel? TeacherOf(Recipe recipe, ModelContext student) => recipe.Objective is { Kind: ObjectiveKind.Distill, Teacher: { } path }
        ? Open(TeacherKey, path, recipe.Objective.TeacherAdapter, student, recipe.Objective.TeacherBase, recipe.Objective.Divergence != ObjectiveRecipe.Universal)
        : null;

    /// <summary>What a recipe wants its result compared with; null for nothing.</summary>
    /// <inheritdoc cref="TeacherOf" />
    internal static FrozenModel? ComparedIn(Recipe recipe, ModelContext student) => recipe.Objective is { Kind: ObjectiveKind.Distill, Compare: { } path }
        ? Open(CompareKey, path, null, student, null)
        : null;

    private static FrozenModel Open(string key, string path, string? adapter, ModelContext student, BaseFormat? format, bool sameTokens = true)
    {
        var context = ModelContext.Open(path, adapter);
        try
        {
            if (sameTokens)
                RequireSameTokens(key, student, context);
            if (format is { } given)
                context = HeldIn(context, given);
            return new FrozenModel(context);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private static ModelContext HeldIn(ModelContext context, BaseFormat format)
    {
        // An adapter has learned to correct the rounding of its own base.
        if (context.Folder.HeldAs is { } own && own != RunBase.TypeOf(format))
        {
            throw new UserErrorException(
                TeacherBaseKey, $"is {RunBase.NameOf(format)}, and {context.AdapterPath} was tuned on a base that is held as {own.ToString().ToLowerInvariant()}",
                "leave it out: the adapter's own base is taken");
        }
        RunBase.Require(TeacherBaseKey, context.Folder, format);
        return context.HeldIn(RunBase.TypeOf(format));
    }

    /// <summary>The recipe with what the teacher's matrices are held as, and why where it leaves that open.</summary>
    internal Recipe Resolve(Recipe recipe, Choices choices)
    {
        var (format, reason) = Context.Folder.HeldAs switch
        {
            null => (BaseFormat.Stored, "as the teacher's files have it"),
            var type => (type == Engine.DType.Int8 ? BaseFormat.Int8 : BaseFormat.NF4, "the teacher's adapter was tuned on that base"),
        };
        if (recipe.Objective.TeacherBase is null)
            choices.Note(TeacherBaseKey, RunBase.NameOf(format), reason);
        return recipe with { Objective = recipe.Objective with { TeacherBase = format } };
    }

    /// <summary>Quantises what is held so, with a notice of what that came to.</summary>
    internal void Load(Action<RunNotice> notice, CancellationToken cancel)
    {
        if (Context.Folder.HeldAs is not null)
            RunBase.Load(Context.Folder, $"of the teacher {Fact}", notice, cancel);
    }

    /// <summary>What is held how, for screen and report.</summary>
    internal string Fact => RunBase.Held(Context.Folder);

    /// <summary>It as the side of a distillation that is learned from.</summary>
    /// <param name="student">The model that learns.</param>
    /// <param name="longest">Positions of the longest example.</param>
    /// <exception cref="UserErrorException">It has too few positions.</exception>
    internal Teacher AsTeacher(ModelContext student, int longest)
    {
        RequirePositions(TeacherKey, longest);
        return new Teacher(pretended => pretended ? Planned : held.Value, student.Tokenizer.VocabularySize, Bytes);
    }

    /// <summary>Both as models that a run measures beside its own.</summary>
    /// <param name="teacher">The teacher, whose bytes its objective counts; or null.</param>
    /// <param name="compared">What the result is compared with, or null.</param>
    /// <param name="longest">Positions of the longest example.</param>
    /// <param name="teacherIsMeasured">Whether the teacher is measured on the student's rows: not where its tokens are others.</param>
    internal static IReadOnlyList<ModelBeside> Beside(FrozenModel? teacher, FrozenModel? compared, int longest, bool teacherIsMeasured)
    {
        compared?.RequirePositions(CompareKey, longest);
        return [.. new[] { teacher, compared }.OfType<FrozenModel>().Select(m => new ModelBeside(m.Planned.Decoder, m.Planned.Adapters, m == teacher ? 0 : m.Bytes)
        {
            LoadingBytes = m.Context.Folder.LoadingBytes,
            IsMeasured = m != teacher || teacherIsMeasured,
        })];
    }

    private (Decoder, AdapterSet?) Sides(Decoder decoder) => (decoder, Context.AdaptersOn(decoder));

    private (Decoder, AdapterSet?) PlannedSides()
    {
        var (decoder, adapters) = Sides(Context.Folder.Build(Context.Folder.Planned));
        return (decoder, adapters?.Options.Attach(decoder, DecoderBuilder.Pretend));
    }

    /// <summary>The same where its tokens are others than the student's: of its own rows.</summary>
    internal Teacher AsTeacher() => new(pretended => pretended ? Planned : held.Value, Context.Tokenizer.VocabularySize, Bytes);

    private void RequirePositions(string key, int longest)
    {
        if (Context.Folder.Spec.MaxPositions is var positions && longest > positions)
        {
            throw new UserErrorException(
                key, $"the longest example has {longest} positions, and {Context.Folder.Path} only {positions}",
                string.Create(CultureInfo.InvariantCulture, $"set data.max_length to {positions + 1} or less, or choose another model"));
        }
    }

    /// <summary>What a user should know about it as a teacher, one sentence each.</summary>
    internal IEnumerable<string> Warnings(ModelContext student)
    {
        if (Context.Template is not null && Context.Template.Hash != student.Template?.Hash)
            yield return $"the teacher {Context.Folder.Path} has another chat template than the one that writes the rows: it reads prompts that it was not tuned on";
    }

    /// <inheritdoc />
    public void Dispose() => Context.Dispose();

    // By token and not by file: a GGUF file holds the same vocabulary in another form.
    private static void RequireSameTokens(string key, ModelContext student, ModelContext teacher)
    {
        var (own, other) = (student.Tokenizer, teacher.Tokenizer);
        if (own.Hash == other.Hash)
            return;
        int[] differing = [.. Enumerable.Range(0, Math.Max(own.VocabularySize, other.VocabularySize)).Where(id => own.FindToken(id) != other.FindToken(id))];
        if (differing.Length == 0)
            return;
        string Says(Tokenizer tokenizer) => tokenizer.FindToken(differing[0]) is { } token ? $"'{token}'" : "nothing";
        throw new UserErrorException(
            key,
            $"has another tokenizer than the student: {differing.Length} tokens differ, token {differing[0]} first, which is {Says(own)} in {student.Folder.Path} and {Says(other)} in {teacher.Folder.Path}",
            "choose a model of the student's family, or set objective.divergence: uld (universal logit distillation), which needs no common tokens: docs/distillation-offline.md");
    }
}
