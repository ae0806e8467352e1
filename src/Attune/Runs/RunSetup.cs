using System.Globalization;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Evaluation;
using Attune.Hardware;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Training;

namespace Attune.Runs;

/// <summary>
/// A recipe with everything decided and nothing yet done: data read and checked, every open value chosen with its reason, memory
/// planned. What <c>check</c> and <c>plan</c> show and <c>train</c> starts from.
/// </summary>
public sealed class RunSetup : IDisposable
{
    private RunSetup(Recipe given, ModelContext model) => (Recipe, Model) = (given, model);

    /// <summary>The recipe, resolved: no value is open.</summary>
    public Recipe Recipe { get; private set; }

    /// <summary>Model, tokenizer, template.</summary>
    public ModelContext Model { get; }

    /// <summary>What was chosen, and why.</summary>
    public Choices Choices { get; } = new();

    /// <summary>Training rows.</summary>
    public IReadOnlyList<Example> Train { get; private set; } = [];

    /// <summary>Rows that choose the best checkpoint; may be none.</summary>
    public IReadOnlyList<Example> Valid { get; private set; } = [];

    /// <summary>Rows of the before and after; may be none.</summary>
    public IReadOnlyList<Example> Test { get; private set; } = [];

    /// <summary>General text; may be none.</summary>
    public IReadOnlyList<Example> General { get; private set; } = [];

    /// <summary>Test rows as questions; none for running text.</summary>
    public IReadOnlyList<Question> Questions { get; private set; } = [];

    /// <summary>What the training files turned out to be.</summary>
    public DataReport Report { get; private set; } = null!;

    /// <summary>Three training examples.</summary>
    public IReadOnlyList<Preview> Previews { get; private set; } = [];

    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> StopIds { get; private set; } = [];

    /// <summary>What trains.</summary>
    public TuningMethod Method { get; private set; } = null!;

    /// <summary>How.</summary>
    public TrainerOptions Options { get; private set; } = null!;

    /// <summary>The steps.</summary>
    public Packer Packer { get; private set; } = null!;

    /// <summary>Memory.</summary>
    public MemoryPlan Plan { get; private set; } = null!;

    /// <summary>What before and after are measured on.</summary>
    public MeasuredRows Measured => new()
    {
        Test = Test,
        General = General,
        Questions = Questions,
        Match = AnswerMatch.Parse(Recipe.Eval.Match),
        MaxNewTokens = Recipe.Eval.MaxNewTokens ?? 1,
        StopIds = StopIds,
        PassRows = Options.PassRows,
    };

    /// <summary>The limit that the plan was held against, in bytes.</summary>
    public long MemoryLimit { get; private set; }

    /// <summary>What the run may write, in bytes: its checkpoints and, where every weight trains, the model twice (written beside, then renamed).</summary>
    public long DiskBytes => Checkpoints.BytesFor(Plan.Trained) + (Method.Lora is null ? 2 * Model.Folder.WeightBytes : 0);

    /// <summary>Decides everything. Reads data and configuration, maps the weights, allocates nothing of size.</summary>
    /// <exception cref="UserErrorException">Anything that is wrong with recipe, model or data, all at once where that is possible.</exception>
    public static RunSetup Prepare(Recipe recipe, Backend backend, Action<RunNotice> notice, CancellationToken cancel = default)
    {
        var setup = new RunSetup(recipe, ModelContext.Open(recipe.Model, null, recipe.Data.Template, withWeights: !recipe.Train.FromScratch));
        try
        {
            setup.ReadData(notice, cancel);
            setup.ChooseMethod();
            setup.ChooseSteps();
            setup.PlanMemory(backend);
            foreach (var choice in setup.Choices.Made)
                notice(new NoticeChoice(choice.Key, choice.Value, choice.Reason));
            notice(new NoticePlan(setup.Plan, setup.MemoryLimit));
            return setup;
        }
        catch
        {
            setup.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => Model.Dispose();

    private void ReadData(Action<RunNotice> notice, CancellationToken cancel)
    {
        var spec = Model.Folder.Spec;
        var data = Recipe.Data;
        var limit = Math.Min(data.MaxLength ?? spec.MaxPositions, spec.MaxPositions);
        if (data.MaxLength > spec.MaxPositions)
            throw new UserErrorException("data.max_length", $"is {data.MaxLength}; the model has {spec.MaxPositions} positions", $"set it to {spec.MaxPositions} or less");
        DataSet Load(IReadOnlyList<string> paths, string role)
        {
            var set = DataSet.Load(paths, Model.Tokenizer, Model.Template, DataOptionsFor(limit), cancel);
            notice(new NoticeData(role, set.Report, role == "train" ? set.Previews : []));
            return set;
        }

        var train = Load(data.Train, "train");
        (Train, Report, Previews) = (train.Examples, train.Report, train.Previews);
        StopIds = [.. train.StopIds.Union(Model.StopIds).Order()];
        if (data.Valid.Count > 0)
            Valid = Load(data.Valid, "valid").Examples;
        else
            SplitOff(data.ValidFraction);
        Test = data.Test.Count > 0 ? Load(data.Test, "test").Examples : Valid;
        if (data.Test.Count == 0)
            Choices.Note("data.test", "the validation rows", "no test rows are given: the gain is measured on rows that chose the checkpoint, so that it may be a little flattering");
        Questions = Question.Of(Test, Recipe.Eval.Rows, StopIds, Model.Tokenizer);
        Recipe = Recipe with { Data = data with { MaxLength = Choices.MaxLength(data.MaxLength, Train.Concat(Valid).Concat(Test).Max(static e => e.Ids.Length), spec.MaxPositions) } };
        General = GeneralText.Choose(Recipe.Eval.General, Model.Tokenizer, GeneralLength());
    }

    // By what the resolved recipe holds, so that a second run cuts the text the same way; and never longer than a pass.
    private int GeneralLength() => Math.Min(
        Math.Min(Model.Folder.Spec.MaxPositions, 512),
        Math.Min(Math.Max(Recipe.Data.MaxLength!.Value, 64), Recipe.Train.MicroBatchTokens is { } rows ? rows + 1 : int.MaxValue));

    private DataOptions DataOptionsFor(int limit) => new()
    {
        MaxLength = limit,
        Truncation = Recipe.Data.Truncation switch
        {
            Truncation.Error => TruncationPolicy.Error,
            Truncation.PromptLeft => TruncationPolicy.PromptLeft,
            _ => TruncationPolicy.Drop,
        },
        Shape = Recipe.Data.Format?.ToString().ToLowerInvariant(),
        Columns = Recipe.Data.Columns,
        EosIds = [.. Model.EndIds],
    };

    private void SplitOff(double? fraction)
    {
        if (fraction == 0)
            return;
        var share = fraction ?? 0.1;
        (Train, Valid) = Splitter.Split(Train, new SplitOptions { Fraction = share, Seed = (ulong)Recipe.Train.Seed });
        if (fraction is null)
            Choices.Note("data.valid_fraction", share.ToString(CultureInfo.InvariantCulture), $"a tenth, between 16 and 256 rows, near-duplicates on one side: {Valid.Count} rows");
    }

    private void ChooseMethod()
    {
        var spec = Model.Folder.Spec;
        var train = Recipe.Train;
        var lora = Recipe.Method.Kind == MethodKind.Lora;
        if (lora && train.FromScratch)
            throw new UserErrorException("train.from_scratch", "adapters on random weights learn next to nothing", "set method.kind: full, or train.from_scratch: false");
        var parameters = DecoderBuilder.Describe(spec, Model.Folder.Family.Names).Sum(static i => (long)i.Rows * i.Cols);
        var method = Recipe.Method;
        if (lora)
        {
            var rank = Choices.Rank(method.Rank, parameters);
            method = method with { Rank = rank, Alpha = Choices.Alpha(method.Alpha, rank) };
        }
        var rate = Choices.LearningRate(train.LearningRate, lora, train.FromScratch, spec);
        Recipe = Recipe with { Method = method, Train = train with { LearningRate = rate } };
        Method = new TuningMethod(lora ? Lora(method) : null, train.FromScratch, train.Seed);
    }

    private static LoraOptions Lora(MethodRecipe method) => new()
    {
        Rank = method.Rank!.Value,
        Alpha = method.Alpha!.Value,
        Dropout = (float)method.Dropout,
        Targets = LayerTargets.Of(method.Targets),
    };

    private void ChooseSteps()
    {
        var train = Recipe.Train;
        var longest = Train.Concat(Valid).Concat(Test).Concat(General).Max(static e => e.Positions);
        var positions = Train.Sum(static e => (long)e.Positions);
        var batch = Choices.BatchTokens(train.BatchTokens, positions, longest);
        var epochs = Choices.Epochs(train.Epochs, train.MaxSteps, Train.Sum(static e => (long)e.TrainedTokens));
        // A pass must hold the longest example; beyond two thousand rows kernels gain nothing more.
        var pass = train.MicroBatchTokens ?? Math.Max(longest, Math.Min(batch, 2048));
        Packer = new Packer(Train, new PackerOptions { StepTokens = batch, MicroTokens = pass, Seed = (ulong)train.Seed });
        var total = TotalSteps(epochs, train.MaxSteps);
        var evalEvery = Choices.EvalEvery(train.EvalEvery, total);
        Recipe = Recipe with
        {
            Train = train with
            {
                BatchTokens = batch,
                Epochs = train.Epochs is null && train.MaxSteps is not null ? null : epochs,
                MaxSteps = train.MaxSteps,
                EvalEvery = evalEvery,
                SaveEvery = Choices.SaveEvery(train.SaveEvery, evalEvery),
            },
            Eval = Questions.Count == 0 ? Recipe.Eval : Recipe.Eval with { MaxNewTokens = Choices.MaxNewTokens(Recipe.Eval.MaxNewTokens, Question.LongestAnswer(Questions, Model.Tokenizer)) },
        };
        Options = MakeOptions(total, pass);
    }

    private int TotalSteps(double epochs, int? maxSteps)
    {
        if (maxSteps is { } most && most <= epochs * Packer.StepsIn(0))
            return most;
        var whole = (int)Math.Floor(epochs);
        var steps = Packer.TotalSteps(whole);
        if (epochs > whole)
            steps += (int)Math.Ceiling((epochs - whole) * Packer.StepsIn(whole));
        return Math.Min(maxSteps ?? int.MaxValue, Math.Max(1, steps));
    }

    private TrainerOptions MakeOptions(int total, int pass)
    {
        var train = Recipe.Train;
        return new TrainerOptions
        {
            TotalSteps = total,
            PassRows = pass,
            LearningRate = new LearningRate(train.LearningRate!.Value, train.Schedule switch
            {
                Schedule.Linear => LearningRateShape.Linear,
                Schedule.Constant => LearningRateShape.Constant,
                _ => LearningRateShape.Cosine,
            }, train.Warmup.Steps(total), total),
            Optimizer = new AdamWOptions
            {
                Beta1 = train.Beta1,
                Beta2 = train.Beta2,
                Epsilon = train.Epsilon,
                WeightDecay = train.WeightDecay,
                Clip = train.Clip,
            },
            Keep = train.Recompute == Recompute.On ? Keep.Recompute : Keep.Saved,
            Seed = train.Seed,
            EvalEvery = train.EvalEvery!.Value,
            SaveEvery = train.SaveEvery!.Value,
            Patience = train.Patience,
            KeepBest = train.KeepBest && Valid.Count > 0,
            TimeLimit = Recipe.Limits.Time,
        };
    }

    // The rungs that save memory, in order: smaller micro-batches, then recomputation.
    private void PlanMemory(Backend backend)
    {
        MemoryLimit = Recipe.Limits.Memory ?? Machine.Inspect().FreeMemory;
        var train = Recipe.Train;
        var longest = Train.Concat(Valid).Concat(Test).Concat(General).Max(static e => e.Positions);
        var rungs = new List<TrainerOptions> { Options };
        if (train.MicroBatchTokens is null)
        {
            for (var rows = Options.PassRows / 2; rows >= Math.Max(longest, 64); rows /= 2)
                rungs.Add(Options with { PassRows = rows });
        }
        if (train.Recompute == Recompute.Auto)
            rungs.AddRange([.. rungs.Select(static o => o with { Keep = Keep.Recompute })]);
        MemoryPlan? smallest = null;
        foreach (var rung in rungs)
        {
            var plan = PlanFor(rung, backend);
            if (smallest is null || plan.Total < smallest.Total)
                smallest = plan;
            if (plan.Total > MemoryLimit)
                continue;
            Take(rung, plan);
            return;
        }
        throw DoesNotFit(smallest!);
    }

    private MemoryPlan PlanFor(TrainerOptions options, Backend backend)
    {
        var texts = Math.Min(Questions.Count, Generator.MaxSlots);
        var length = texts == 0 ? 0 : Questions.Max(static q => q.Prompt.Length) + Recipe.Eval.MaxNewTokens!.Value;
        var tokens = new[] { Train, Valid, Test, General }.Sum(static set => set.Sum(static e => (long)e.Ids.Length));
        return MemoryPlan.Of(Model.Folder, Method, options, backend, texts, length, tokens);
    }

    private void Take(TrainerOptions options, MemoryPlan plan)
    {
        (Options, Plan) = (options, plan);
        var train = Recipe.Train;
        if (train.MicroBatchTokens is null)
            Choices.Note("train.micro_batch_tokens", options.PassRows.ToString(CultureInfo.InvariantCulture), "the largest, up to 2048, whose memory plan fits");
        if (train.Recompute == Recompute.Auto)
            Choices.Note("train.recompute", options.Keep == Keep.Recompute ? "on" : "off", options.Keep == Keep.Recompute ? "the plan fits only so" : "the plan fits without");
        Recipe = Recipe with
        {
            Train = train with
            {
                MicroBatchTokens = options.PassRows,
                Recompute = options.Keep == Keep.Recompute ? Recompute.On : Recompute.Off,
            },
        };
        Packer = new Packer(Train, new PackerOptions { StepTokens = train.BatchTokens!.Value, MicroTokens = options.PassRows, Seed = (ulong)train.Seed });
    }

    private UserErrorException DoesNotFit(MemoryPlan smallest)
    {
        var (name, bytes) = smallest.Terms[0];
        var given = Recipe.Limits.Memory is not null ? "limits.memory" : "free memory";
        var remedies = new List<string> { $"allow {Megabytes(smallest.Total)}" };
        if (Recipe.Train.MicroBatchTokens is not null)
            remedies.Add("leave train.micro_batch_tokens open");
        if (Recipe.Train.Recompute == Recompute.Off)
            remedies.Add("leave train.recompute open");
        if (Method.Lora is null)
            remedies.Add("set method.kind: lora");
        remedies.Add("lower data.max_length");
        return new UserErrorException(given, $"the run needs {Megabytes(smallest.Total)} at the least, and {Megabytes(MemoryLimit)} may be used; the largest term is {name} with {Megabytes(bytes)}", string.Join("; or ", remedies));
    }

    // In the unit of limits.memory, and rounded up: what is asked for here can be given there as it stands, and is enough.
    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{(bytes + 999_999) / 1_000_000}MB");
}
