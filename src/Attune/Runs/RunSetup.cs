using Attune.Distillation;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Runs.Export;
using Attune.Training;

namespace Attune.Runs;

/// <summary>
/// A recipe with everything decided and nothing yet done: data read and checked, every open value chosen with its reason, memory
/// planned. What <c>check</c> and <c>plan</c> show and <c>train</c> starts from.
/// </summary>
public sealed class RunSetup : IDisposable
{
    private RunSetup(Recipe recipe, ModelContext model, Choices choices, RunData data, TuningMethod method, RunSteps steps, RunMemory memory) =>
        (Recipe, Model, Choices, Data, Method, Steps, Memory) = (recipe, model, choices, data, method, steps, memory);

    /// <summary>The recipe, resolved: no value is open.</summary>
    public Recipe Recipe { get; }

    /// <summary>Model, tokenizer, template.</summary>
    public ModelContext Model { get; }

    /// <summary>What it learns from beside the rows; null for nothing.</summary>
    public FrozenModel? Teacher { get; private init; }

    /// <summary>The teacher, where it can be measured on the student's rows: not where its tokens are others.</summary>
    internal FrozenModel? MeasuredTeacher => Steps.Options.Objective is SortedTeacher ? null : Teacher;

    /// <summary>What its result is compared with; null for nothing.</summary>
    public FrozenModel? Compared { get; private init; }

    /// <summary>What a teacher said, where the run learns from a file of it.</summary>
    public LogitsFile? TeacherFile { get; private init; }

    /// <summary>What was chosen, and why.</summary>
    public Choices Choices { get; }

    /// <summary>The rows.</summary>
    public RunData Data { get; }

    /// <summary>What trains.</summary>
    public TuningMethod Method { get; }

    /// <summary>How, and by which rows.</summary>
    public RunSteps Steps { get; }

    /// <summary>In what memory.</summary>
    public RunMemory Memory { get; }

    /// <summary>What before and after are measured on.</summary>
    public MeasuredRows Measured => new()
    {
        Test = Data.Test,
        General = Data.General,
        Asked = Data.Asked,
        MaxNewTokens = Recipe.Eval.MaxNewTokens ?? 1,
        StopIds = Data.StopIds,
        PassRows = Steps.Options.PassRows,
    };

    /// <summary>The tasks of suites before and after, in passes as large as training's where they are larger than the longest choice.</summary>
    public IReadOnlyList<SuiteRows> Suites =>
        [.. Data.Suites.Select(s => s with { Rows = s.Rows with { PassRows = Math.Max(s.Rows.PassRows, Steps.Options.PassRows) } })];

    /// <summary>What the run may write, in bytes: its checkpoints and, where every weight trains, the model twice (written beside, then renamed).</summary>
    public long DiskBytes => Checkpoints.BytesFor(Memory.Plan.Trained, Memory.Plan.Moments) + (Method.SavesModel ? 2 * SavedModelBytes : 0) + Recipe.Export.Count * sizeof(float) * Weights;

    /// <summary>What trains by a recipe: its threads, and its products (<c>train.compute</c>).</summary>
    /// <exception cref="UserErrorException">This machine has no such products.</exception>
    public static CpuBackend BackendOf(Recipe recipe) =>
        CpuBackend.Shared(recipe.Train.Threads, Compute.Choose(recipe.Train.Compute, CpuBackend.Supports(ProductType.BF16)).Products);

    /// <summary>Decides everything. Reads data and configuration, maps the weights, allocates nothing of size.</summary>
    /// <exception cref="UserErrorException">Anything that is wrong with recipe, model or data, all at once where that is possible.</exception>
    public static RunSetup Prepare(Recipe recipe, Backend backend, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        var model = ModelContext.Open(recipe.Model, null, recipe.Data.Template, withWeights: !recipe.Train.FromScratch);
        FrozenModel? teacher = null, compared = null;
        LogitsFile? file = null;
        try
        {
            teacher = FrozenModel.TeacherOf(recipe, model);
            compared = FrozenModel.ComparedIn(recipe, model);
            file = RunLogits.Open(recipe, model);
            foreach (var form in recipe.Export)
                ExportFormats.Find("export:", form).Require(model, recipe.Method.Kind.OnDisk);
            if (recipe.Search.Space.Count > 0)
                notice(new NoticeText("  search.space is for attune search: this is the recipe as it stands, and nothing of it is varied"));
            recipe = recipe with { Search = new SearchRecipe() };
            var choices = new Choices();
            recipe = teacher?.Resolve(recipe, choices) ?? recipe;
            recipe = Compute.Resolve(recipe, backend, choices);
            RunData data;
            using (KernelWarmUp.Begin(model, backend))
                (recipe, data) = RunData.Read(recipe, model, choices, notice, cancel);
            (recipe, var method) = RunMethod.Choose(recipe, model, choices);
            (recipe, var steps) = RunSteps.Choose(recipe, data, choices);
            steps = steps with
            {
                Options = steps.Options with
                {
                    Objective = RunObjective.Of(recipe, model, teacher, file, data, method),
                    OnPolicy = RunObjective.OnPolicyOf(recipe, model, data),
                },
            };
            var sorted = steps.Options.Objective as SortedTeacher;
            method = method with { Own = steps.Options.Objective.Own };
            (recipe, steps, var memory) = RunMemory.Fit(recipe, model, data, method, steps, FrozenModel.Beside(teacher, compared, data.Longest, sorted is null), backend, choices);
            method = method with { ByteMoments = recipe.Train.Optimizer == OptimizerKind.AdamW8 };
            model = model.HeldIn(RunBase.TypeOf(recipe.Method.Base!.Value), i => method.Trains(i, model.Folder.Spec));
            // Where nothing is asked, what concerns answers is not open but idle.
            choices.NoteOpen(data.Asked.Questions.Count > 0 ? recipe : recipe with { Eval = recipe.Eval with { Rows = 0 } });
            foreach (var choice in choices.Made)
                notice(new NoticeChoice(choice.Key, choice.Value, choice.Reason));
            notice(new NoticePacking(steps.Packer.Efficiency(0), steps.Packer.StepsIn(0), recipe.Train.BatchTokens!.Value, steps.Options.PassRows));
            notice(new NoticePlan(memory.Plan, memory.Limit));
            if (sorted is not null)
                notice(new NoticeText("  " + sorted.Says));
            foreach (var warning in sorted is null ? teacher?.Warnings(model) ?? [] : [])
                notice(new NoticeText("  " + warning));
            return new RunSetup(recipe, model, choices, data, method, steps, memory) { Teacher = teacher, Compared = compared, TeacherFile = file };
        }
        catch
        {
            compared?.Dispose();
            teacher?.Dispose();
            file?.Dispose();
            model.Dispose();
            throw;
        }
    }

    private long SavedModelBytes => Model.Folder.SavedAs.ByteSize() * Weights;

    private long Weights => Model.Folder.Parameters.Sum(static i => (long)i.Rows * i.Cols);

    /// <inheritdoc />
    public void Dispose()
    {
        Compared?.Dispose();
        Teacher?.Dispose();
        TeacherFile?.Dispose();
        Model.Dispose();
    }
}
