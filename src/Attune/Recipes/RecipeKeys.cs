using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Objectives;
using Attune.Training;
using static Attune.Recipes.ValueKinds;

namespace Attune.Recipes;

/// <summary>Every key of a recipe, in the order in which help and written recipes show them. To add a key: a property in Recipe.cs and a line here.</summary>
public static class RecipeKeys
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        new RecipeKey<string>("model", PathKinds.Model,
            "The model to tune: a folder with config.json, tokenizer.json and *.safetensors (no weights where train.from_scratch is true), or a .gguf file.",
            r => r.Model, (r, v) => r with { Model = v }, null) { IsRequired = true },
        new RecipeKey<string?>("output", AutoText(PathKinds.NewFolder),
            "Folder of the run, relative to the working directory. auto: runs/<date>-<model>-<data>.",
            r => r.Output, (r, v) => r with { Output = v }, null) { Role = KeyRole.Report },
        new RecipeKey<IReadOnlyList<string>>("export", Forms,
            "Forms that the result is written in too, each loaded again and compared: none, or a list such as [merged, gguf:q8_0]; attune export --help names them all.",
            r => r.Export, (r, v) => r with { Export = v }, null) { Role = KeyRole.Report },

        Data("train", SourceKinds.FilesOrFolder,
            "Training rows: files, each with a weight if wanted ({path: a.jsonl, weight: 2}), or a folder with train, valid and test files.",
            d => d.Train, (d, v) => d with { Train = v }, flag: "data", required: true),
        Data("valid", AutoList(SourceKinds.Files), "Rows that choose the best checkpoint. auto: split off the training rows (see valid_fraction).",
            d => d.Valid, (d, v) => d with { Valid = v }, role: KeyRole.Measured),
        Data("test", AutoList(SourceKinds.Files),
            "Rows that are never trained on, for the before and after of the report. auto: the validation rows are used.",
            d => d.Test, (d, v) => d with { Test = v }, role: KeyRole.Measured),
        Data("format", AutoText(Word([.. RowMappings.Table.Select(m => m.Name).Distinct()])),
            "Shape of the rows. auto: detected from the first rows.",
            d => d.Format, (d, v) => d with { Format = v }, role: KeyRole.Measured),
        Data("columns", ColumnPairs.Kind,
            "Columns of the file by the field that they fill, or templates over them: {prompt: \"{question}\\n{context}\", completion: qa.answer}.",
            d => d.Columns, (d, v) => d with { Columns = v }, role: KeyRole.Measured),
        Data("template", AutoText(PathKinds.FileOr("chatml")), "Chat template: a file, or chatml. auto: the model's own.",
            d => d.Template, (d, v) => d with { Template = v }, role: KeyRole.Measured),
        Data("max_length", Auto(Whole(2, 1 << 20)), "Most tokens of one example. auto: the longest example, at most what the model can take.",
            d => d.MaxLength, (d, v) => d with { MaxLength = v }, role: KeyRole.Measured),
        Data("truncation", OneOf(("drop", TruncationPolicy.Drop), ("error", TruncationPolicy.Error), ("prompt-left", TruncationPolicy.PromptLeft)),
            "What happens to an example longer than max_length: it is dropped and counted, the run is refused, or its prompt loses its beginning.",
            d => d.Truncation, (d, v) => d with { Truncation = v }, role: KeyRole.Measured),
        Data("replay", SourceKinds.FilesOrNone,
            "Other rows that are mixed into training so that less is forgotten: files as in data.train, of any shape; running text is the usual kind. none: no others.",
            d => d.Replay, (d, v) => d with { Replay = v }),
        Data("replay_fraction", Number(0, 0.95, open: true),
            "Part of the trained tokens of an epoch that comes from data.replay; its rows are shown more or less often to make it so.",
            d => d.ReplayFraction, (d, v) => d with { ReplayFraction = v }, idle: r => r.Data.Replay.Count == 0 ? "data.replay is none" : null),
        Data("valid_fraction", Auto(Number(0, 0.5)),
            "Part of the training rows that is held out where data.valid is not given; near-duplicates stay on one side. 0: none. auto: a tenth, at least 16 rows, at most 256 and a quarter.",
            d => d.ValidFraction, (d, v) => d with { ValidFraction = v }, role: KeyRole.Measured, idle: r => r.Data.Valid.Count > 0 ? "data.valid is given" : null),
        Data("split_seed", Auto(Seed), "Seed by which data.valid_fraction is held out: given, runs of several seeds are measured on the same rows. auto: train.seed.",
            d => d.SplitSeed, (d, v) => d with { SplitSeed = v }, role: KeyRole.Measured,
            idle: r => r.Data.Valid.Count > 0 ? "data.valid is given" : r.Data.ValidFraction == 0 ? "data.valid_fraction is 0" : null),
        Data("train_fraction", Number(0, 1),
            "Part of the training rows that is learned from, drawn by train.seed; near-duplicates stay together, a smaller part lies within a larger one, and what is held out is held out first.",
            d => d.TrainFraction, (d, v) => d with { TrainFraction = v }),
        Data("known", OrNone(PathKinds.File), "What attune data known found out about the training rows with this model: its file, for data.unknown and the report; or none.",
            d => d.Known, (d, v) => d with { Known = v }),
        Data("unknown", UnknownRule.Kind,
            "What happens to training rows that data.known calls Unknown: keep; drop; delay, which shows them in the second half of the epochs alone; or a number, which is how often each is seen in an epoch.",
            d => d.Unknown, (d, v) => d with { Unknown = v }, idle: r => r.Data.Known is null ? "data.known is none" : null),

        Method("kind", OneOf([.. MethodKind.All.Select(static k => (k.Name, k))]),
            "lora trains small matrices beside frozen weights; dora magnitudes beside them; ia3 vectors that rescale keys, values and the MLP; norms and bitfit the model's own norms or biases; full every weight.",
            m => m.Kind, (m, v) => m with { Kind = v }, flag: "method"),
        Method("rank", Auto(Whole(1, 4096)), "Rank of the low-rank matrices. auto: by the size of the model.",
            m => m.Rank, (m, v) => m with { Rank = v }, NoRank),
        Method("alpha", Auto(Whole(1, 1 << 20)), "The low-rank update is scaled by alpha / rank (see method.scale). auto: twice the rank.",
            m => m.Alpha, (m, v) => m with { Alpha = v }, NoRank),
        Method("scale", OneOf(("rank", RankScale.Rank), ("root-rank", RankScale.RootRank)),
            "What alpha is divided by: rank, or root-rank (rsLoRA), which lets large ranks learn as fast as small ones.",
            m => m.Scale, (m, v) => m with { Scale = v }, NoRank),
        Method("init", OneOf(("random", LowRankStart.Random), ("pissa", LowRankStart.Pissa)),
            "How the low-rank matrices begin: random (their product is zero), or pissa, as the principal singular vectors of the weights; a PiSSA is saved as a LoRA of twice the rank, for the base as it is.",
            m => m.Init, (m, v) => m with { Init = v }, static r => r.Method.Kind == MethodKind.Lora ? null : $"method.kind {r.Method.Kind} begins in one way only"),
        Method("lora_plus", Number(1, 1000), "How many times faster B learns than A (LoRA+); its paper takes 16. 1: alike.",
            m => m.LoraPlus, (m, v) => m with { LoraPlus = v }, NoRank),
        Method("dropout", Number(0, 0.95), "Probability with which an input of the low-rank branch is dropped in training.",
            m => m.Dropout, (m, v) => m with { Dropout = v }, NoRank),
        Method("targets", AutoList(Patterns),
            "Layers that are adapted: all-linear, or names, endings of names (q_proj) and patterns with * (model.layers.1?.mlp.*). auto: all-linear; with ia3 keys, values and the last layer of the MLP.",
            m => m.Targets, (m, v) => m with { Targets = v }, NoAdapter),
        Method("last_layers", Auto(Whole(1, 4096)), "Train the last n blocks alone; with kind full the final norm too, while embedding and head stay. auto: every block.",
            m => m.LastLayers, (m, v) => m with { LastLayers = v }),
        Method("base", Auto(OneOf(("stored", BaseFormat.Stored), ("int8", BaseFormat.Int8), ("nf4", BaseFormat.NF4))),
            "The format in which matrices that do not train are held: stored, as the file has them, or quantised while loading, to int8 (8.5 bits a weight) or nf4 (4.1 bits; QLoRA). What is measured, saved and merged belongs to that base. auto: stored, or int8 or nf4 where nothing else fits into limits.memory.",
            m => m.Base, (m, v) => m with { Base = v }, NothingFrozen),

        Objective("kind", OneOf(("next-token", ObjectiveKind.NextToken), ("distill", ObjectiveKind.Distill)),
            "next-token learns the data's answers; distill learns a teacher's distribution of every next token of them (knowledge distillation).",
            o => o.Kind, (o, v) => o with { Kind = v }, flag: "objective"),
        Objective("teacher", OrNone(PathKinds.Model),
            "The model to learn from: a folder with config.json and *.safetensors, a .gguf file, or the folder of an adapter that names its base. Its tokenizer must be the student's, but with divergence uld.",
            o => o.Teacher, (o, v) => o with { Teacher = v }),
        Objective("teacher_adapter", OrNone(PathKinds.Folder), "Adapter that the teacher was tuned with: its folder, or none.",
            o => o.TeacherAdapter, (o, v) => o with { TeacherAdapter = v }, idle: static r => r.Objective.Teacher is null ? "objective.teacher is not given" : null),
        Objective("teacher_base", Auto(OneOf(("stored", BaseFormat.Stored), ("int8", BaseFormat.Int8), ("nf4", BaseFormat.NF4))),
            "The format in which the teacher's matrices are held: stored, as its files have them, or quantised while loading, to int8 (8.5 bits a weight) or nf4 (4.1 bits). auto: stored, or what its adapter was tuned on.",
            o => o.TeacherBase, (o, v) => o with { TeacherBase = v }, idle: static r => r.Objective.Teacher is null ? "objective.teacher is not given" : null),
        Objective("file", OrNone(PathKinds.File), "What a teacher said about these rows, written once by attune distill logits, to learn from instead of a model: a file, or none.",
            o => o.File, (o, v) => o with { File = v }),
        Objective("divergence", Word([.. Divergences.All.Select(static d => d.Name), ObjectiveRecipe.Universal]),
            "What is made small between teacher p and student q: forward-kl is KL(p|q), reverse-kl KL(q|p), js lies between them (beta), skew-kl and skew-reverse-kl mix some of the one into the other (skew), and uld is the distance of sorted probabilities, for a teacher with another tokenizer.",
            o => o.Divergence, (o, v) => o with { Divergence = v }),
        Objective("beta", Number(0, 1, open: true),
            "Of js: the teacher's share of the mixture and the weight of the forward part; near 0 it is forward, near 1 reverse.",
            o => o.Beta, (o, v) => o with { Beta = v },
            idle: static r => r.Objective.Divergence == ObjectiveRecipe.JensenShannon ? null : "objective.divergence is not js"),
        Objective("skew", Number(0, 1, open: true),
            "Of skew-kl the share of the teacher that is mixed into the student, of skew-reverse-kl of the student into the teacher.",
            o => o.Skew, (o, v) => o with { Skew = v },
            idle: static r => r.Objective.Divergence.StartsWith("skew", StringComparison.Ordinal) ? null : "objective.divergence is neither skew-kl nor skew-reverse-kl"),
        Objective("temperature", Number(0, 100, open: true),
            "Divides the logits of both sides; above 1 the unlikely tokens count for more. The loss is multiplied by its square, so that its size stays.",
            o => o.Temperature, (o, v) => o with { Temperature = v }),
        Objective("label_weight", Number(0, 1), "Weight of the data's own answers, from 0 to 1; the teacher has the rest.",
            o => o.LabelWeight, (o, v) => o with { LabelWeight = v }),
        Objective("on_policy", Number(0, 1),
            "Share of the rows whose answers the student writes itself in every step, for the teacher to correct (on-policy distillation, GKD), from 0 to 1; there the teacher has all the weight.",
            o => o.OnPolicy, (o, v) => o with { OnPolicy = v }),
        Objective("sample_temperature", Number(0, 10), "Temperature at which the student writes on_policy answers; 0 takes the most probable token.",
            o => o.SampleTemperature, (o, v) => o with { SampleTemperature = v }, idle: static r => r.Objective.OnPolicy > 0 ? null : "objective.on_policy is 0"),
        Objective("hidden", Number(0, 1000),
            "Weight of matching the teacher's hidden states, beside what is learned of labels and teacher, such as 0.5. 0: they are not looked at.",
            o => o.Hidden, (o, v) => o with { Hidden = v }),
        Objective("hidden_layers", LayerMatching.Kind,
            "Which layers are matched: last (after the final norm), uniform (every block of the student with the one as far up in the teacher), or blocks of the student with blocks of the teacher, counted from 1, such as {2: 4, 4: 8}.",
            o => o.HiddenLayers, (o, v) => o with { HiddenLayers = v }, idle: NothingHidden),
        Objective("hidden_loss", OneOf(("mse", RowDistance.Squared), ("cosine", RowDistance.Cosine)),
            "How far hidden states are apart: mse, the squared error in units of the teacher's row, or cosine, the direction alone.",
            o => o.HiddenLoss, (o, v) => o with { HiddenLoss = v }, idle: NothingHidden),
        Objective("hidden_projection", OneOf(("auto", HiddenProjection.Auto), ("on", HiddenProjection.On)),
            "A matrix of each matched layer that takes the student's width to the teacher's; it trains too, and is dropped at the end. auto: where the widths differ. on: always.",
            o => o.HiddenProjection, (o, v) => o with { HiddenProjection = v }, idle: NothingHidden),
        Objective("compare", OrNone(PathKinds.Model),
            "A student that was tuned on labels alone, for the report: its folder (an adapter's, or a model's), or none. It is measured on the same rows.",
            o => o.Compare, (o, v) => o with { Compare = v }, role: KeyRole.Report),

        Train("epochs", Auto(Number(0, 100_000, open: true)), "Passes over the training rows. auto: by the number of trained tokens.",
            t => t.Epochs, (t, v) => t with { Epochs = v }),
        Train("max_steps", Auto(Whole(1, int.MaxValue)), "Optimizer steps at the most. auto: as many as epochs makes.",
            t => t.MaxSteps, (t, v) => t with { MaxSteps = v }),
        Train("learning_rate", Auto(Number(0, 10, open: true)), "Highest learning rate, reached after the warm-up. auto: by method and model width.",
            t => t.LearningRate, (t, v) => t with { LearningRate = v }),
        Train("batch_tokens", Auto(Whole(16, 1 << 28)), "Tokens in one optimizer step. auto: by the number of tokens in the data.",
            t => t.BatchTokens, (t, v) => t with { BatchTokens = v }),
        Train("micro_batch_tokens", Auto(Whole(16, 1 << 22)),
            "Tokens in one forward pass; smaller saves memory and changes no result beyond rounding. auto: what the memory limit allows.",
            t => t.MicroBatchTokens, (t, v) => t with { MicroBatchTokens = v }),
        Train("schedule", OneOf(("linear", LearningRateShape.Linear), ("cosine", LearningRateShape.Cosine), ("constant", LearningRateShape.Constant)),
            "How the learning rate falls after the warm-up.",
            t => t.Schedule, (t, v) => t with { Schedule = v }),
        Train("warmup", WarmupSteps, "Steps in which the learning rate rises: below 1 a fraction of all steps, from 1 a number of steps.",
            t => t.Warmup, (t, v) => t with { Warmup = v }),
        Train("optimizer", Auto(OneOf(("adamw", OptimizerKind.AdamW), ("adamw8", OptimizerKind.AdamW8))),
            "adamw holds its moments in F32, 8 bytes a weight that trains; adamw8 in 8 bits, by blocks of 256, 2 bytes a weight. auto: adamw, or adamw8 where nothing else fits into limits.memory.",
            t => t.Optimizer, (t, v) => t with { Optimizer = v }),
        Train("weight_decay", Number(0, 10), "AdamW's decay of matrices (norms and biases never decay).",
            t => t.WeightDecay, (t, v) => t with { WeightDecay = v }),
        Train("beta1", Number(0, 0.999999), "AdamW's decay of the first moment.",
            t => t.Beta1, (t, v) => t with { Beta1 = v }),
        Train("beta2", Number(0, 0.999999), "AdamW's decay of the second moment.",
            t => t.Beta2, (t, v) => t with { Beta2 = v }),
        Train("epsilon", Number(0, 1, open: true), "AdamW's addend to the root of the second moment.",
            t => t.Epsilon, (t, v) => t with { Epsilon = v }),
        Train("clip", Number(0, 1_000_000), "Gradients are scaled down to this global norm. 0: never.",
            t => t.Clip, (t, v) => t with { Clip = v }),
        Train("seed", Seed, "Seed of everything random: order, dropout, initial values, sampling.",
            t => t.Seed, (t, v) => t with { Seed = v }),
        Train("eval_every", Auto(Whole(1, int.MaxValue)), "Steps between two evaluations on the validation rows. auto: about ten in a run.",
            t => t.EvalEvery, (t, v) => t with { EvalEvery = v }),
        Train("save_every", Auto(Whole(1, int.MaxValue)), "Steps between two checkpoints. auto: at every evaluation.",
            t => t.SaveEvery, (t, v) => t with { SaveEvery = v }),
        Train("patience", Auto(Whole(0, int.MaxValue)),
            "Evaluations without a better validation loss after which the run stops. 0: it never stops early. auto: 3, or 5 below 64 validation rows.",
            t => t.Patience, (t, v) => t with { Patience = v }),
        Train("keep_best", Truth, "Whether the result is the checkpoint with the lowest validation loss (true) or the last one (false).",
            t => t.KeepBest, (t, v) => t with { KeepBest = v }),
        Train("threads", Auto(Whole(1, 1024)), "Compute threads; the result does not depend on it. auto: one a physical core.",
            t => t.Threads, (t, v) => t with { Threads = v }, KeyRole.Machine),
        Train("compute", Auto(OneOf(("f32", ProductType.F32), ("bf16", ProductType.BF16))),
            "What matrix products of training are computed in: f32, or bf16, which rounds their operands and sums in F32. auto: bf16 where the processor has AVX512_BF16, otherwise f32.",
            t => t.Compute, (t, v) => t with { Compute = v }, KeyRole.Machine),
        Train("saved", Auto(OneOf(("f32", DType.F32), ("bf16", DType.BF16))),
            "The type in which activations wait for the backward pass: f32, or bf16, which halves their memory and rounds what gradients are computed from (not what attention takes exponentials of, nor statistics). auto: f32, or bf16 where that is the fastest way that fits into limits.memory.",
            t => t.Saved, (t, v) => t with { Saved = v }),
        Train("recompute", OneOf(("auto", Recompute.Auto), ("on", Recompute.On), ("off", Recompute.Off)),
            "Compute activations again in the backward pass rather than keep them. auto: only where memory needs it.",
            t => t.Recompute, (t, v) => t with { Recompute = v }),
        Train("prefix_cache", OneOf(("auto", PrefixCacheUse.Auto), ("on", PrefixCacheUse.On), ("off", PrefixCacheUse.Off)),
            "Keep what enters the lowest block that trains, so that the frozen ones below it are computed once for each row; no result changes by a bit. auto: where blocks are frozen below, rows come again and there is room.",
            t => t.PrefixCache, (t, v) => t with { PrefixCache = v }, KeyRole.Machine),
        Train("label_smoothing", Number(0, 0.9),
            "Part of a label's weight that is spread over the whole vocabulary, such as 0.1, against too much certainty; the training loss that is shown contains it. 0: none.",
            t => t.LabelSmoothing, (t, v) => t with { LabelSmoothing = v }),
        Train("neftune", Number(0, 1000),
            "NEFTune's alpha, such as 5: uniform noise of at most alpha / √(tokens · width) on the embeddings of training rows, against learning by heart. 0: none.",
            t => t.Neftune, (t, v) => t with { Neftune = v }),
        Train("from_scratch", Truth, "Start from random weights (pre-training) rather than from the model's.",
            t => t.FromScratch, (t, v) => t with { FromScratch = v }),

        Limits("memory", Auto(Bytes), "Memory of the process, such as 4GB. auto: what is free now.",
            l => l.Memory, (l, v) => l with { Memory = v }),
        Limits("time", Auto(Duration), "Time of training, such as 30m, after which the run stops cleanly. auto: no limit.",
            l => l.Time, (l, v) => l with { Time = v }),

        Eval("metrics", AutoList(MetricNames.Kind),
            "What is measured on the test rows, the most telling first: loss, perplexity, token-accuracy, exact, first-line, regex:pattern, label, numeric, f1, rouge-l, json, json-fields, choice. The first that judges single answers marks them right or wrong. auto: by the form of the expected answers.",
            e => e.Metrics, (e, v) => e with { Metrics = v }),
        Eval("rows", Whole(0, int.MaxValue), "Test rows that are answered before and after. 0: none, only losses are compared.",
            e => e.Rows, (e, v) => e with { Rows = v }, flag: "eval-rows"),
        Eval("max_new_tokens", Auto(Whole(1, 1 << 20)), "Most tokens of a generated answer. auto: the longest expected answer and a quarter.",
            e => e.MaxNewTokens, (e, v) => e with { MaxNewTokens = v }, idle: NothingGenerated),
        Eval("general", AutoText(PathKinds.FileOr(EvalRecipe.None)),
            "General text for measuring what was forgotten: a file, or none. auto: the text that comes with Attune.",
            e => e.General, (e, v) => e with { General = v }),
        Eval("samples", Whole(0, 1000), "Answers shown side by side in the report.",
            e => e.Samples, (e, v) => e with { Samples = v }, idle: NothingGenerated),
        Eval("suites", SuiteNames.Kind,
            "Suites that are measured before and after beside the test rows: none, truth (what a model makes up, on public data sets), or files of your own, see docs/truth.md.",
            e => e.Suites, (e, v) => e with { Suites = v }),
        Eval("suite_data", AutoText(PathKinds.Folder), "Folder that holds the data sets of truth, each in a folder of its own. auto: the working directory.",
            e => e.SuiteData, (e, v) => e with { SuiteData = v }, idle: NoSuite),
        Eval("suite_rows", Auto(Whole(1, 1_000_000)), "Most rows of every task of the suites. auto: what each task says.",
            e => e.SuiteRows, (e, v) => e with { SuiteRows = v }, idle: NoSuite),
        Eval("memorisation", Auto(Whole(0, 10_000)),
            "Training rows, and as many unseen ones, that the tuned model is to continue from their first half, to see what it knows by heart. 0: none. auto: as many as eval.rows, at most 32; none with train.from_scratch.",
            e => e.Memorisation, (e, v) => e with { Memorisation = v }),

        Guard("gain", OrNone(Allowance.Kind),
            "Least improvement of the task metric, such as 0.05 (five points, or nats of a loss) or 10% of the value before; with 0 it must be better. none: not demanded.",
            g => g.Gain, (g, v) => g with { Gain = v }),
        Guard("metric", AutoText(MetricNames.One), "The metric that gain is about, as eval.metrics names it. auto: the first.",
            g => g.Metric, (g, v) => g with { Metric = v }, idle: r => r.Guard.Gain is null ? "guard.gain is none" : null),
        Guard("forgetting", OrNone(Allowance.Kind), "Most that the loss on general text may rise, such as 0.1 (nats) or 5%. none: not demanded.",
            g => g.Forgetting, (g, v) => g with { Forgetting = v }),
        Guard("truth", OrNone(Allowance.Kind),
            "Most by which a metric of truth may become worse, such as 0 or 0.03: whether the model makes up more than before. none: not demanded.",
            g => g.Truth, (g, v) => g with { Truth = v }),
        Guard("memorisation", OrNone(Number(0, 1)),
            "Most by which the share of training rows that are continued word for word may exceed that of unseen rows, such as 0.05. none: not demanded.",
            g => g.Memorisation, (g, v) => g with { Memorisation = v }),
        Guard("by", OneOf(("interval", GuardBasis.Interval), ("point", GuardBasis.Point)),
            "What gain, forgetting, truth and memorisation are judged by: interval, where the whole 95 % interval must keep to the limit, or point, the measured value alone.",
            g => g.By, (g, v) => g with { By = v }, idle: r => r.Guard is { Gain: null, Forgetting: null, Truth: null, Memorisation: null } ? "nothing that has an interval is demanded" : null),
        Guard("parity", Truth, "Whether every exported form must say what the trained model says.",
            g => g.Parity, (g, v) => g with { Parity = v }),

        .. SearchKeys.All,
    ];

    private static readonly Dictionary<string, RecipeKey> ByName = All.ToDictionary(k => k.Name, StringComparer.Ordinal);

    /// <summary>The key of this name (<c>train.epochs</c>), or null.</summary>
    public static RecipeKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The recipe as if no key of these roles were mentioned.</summary>
    internal static Recipe Reset(Recipe recipe, params IEnumerable<KeyRole> roles) => All.Where(k => roles.Contains(k.Role)).Aggregate(recipe, static (r, k) => k.Reset(r));

    /// <summary>The sections in the table's order: data, method, objective, train, limits, eval, guard, search.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. All.Select(k => k.Section).Where(s => s.Length > 0).Distinct()];

    private static string? NoAdapter(Recipe r) => r.Method.Kind.Adapter is not null ? null : $"method.kind {r.Method.Kind} adds no adapters";

    private static string? NoRank(Recipe r) => r.Method.Kind.HasRank ? null : $"method.kind {r.Method.Kind} has no rank";

    private static string? NothingFrozen(Recipe r) =>
        r.Method.Kind == MethodKind.Full && r.Method.LastLayers is null ? "every weight trains, and only weights that stay as they are can be held quantised" : null;

    private static string? NothingHidden(Recipe r) => r.Objective.Hidden > 0 ? null : "objective.hidden is 0";

    private static string? NothingGenerated(Recipe r) => r.Eval.Rows > 0 ? null : "eval.rows is 0, so nothing is generated";

    private static string? NoSuite(Recipe r) => r.Eval.Suites.Count > 0 ? null : "eval.suites is none";

    private static RecipeKey<T> Data<T>(
        string leaf, ValueKind<T> kind, string help, Func<DataRecipe, T> get, Func<DataRecipe, T, DataRecipe> with,
        string? flag = null, bool required = false, KeyRole role = KeyRole.Result, Func<Recipe, string?>? idle = null) =>
        new("data." + leaf, kind, help, r => get(r.Data), (r, v) => r with { Data = with(r.Data, v) }, flag)
        {
            IsRequired = required,
            Role = role,
            Idle = idle ?? (_ => null),
        };

    private static RecipeKey<T> Method<T>(
        string leaf, ValueKind<T> kind, string help, Func<MethodRecipe, T> get, Func<MethodRecipe, T, MethodRecipe> with,
        Func<Recipe, string?>? idle = null, string? flag = null) =>
        new("method." + leaf, kind, help, r => get(r.Method), (r, v) => r with { Method = with(r.Method, v) }, flag) { Idle = idle ?? (_ => null) };

    private static RecipeKey<T> Objective<T>(
        string leaf, ValueKind<T> kind, string help, Func<ObjectiveRecipe, T> get, Func<ObjectiveRecipe, T, ObjectiveRecipe> with,
        Func<Recipe, string?>? idle = null, string? flag = null, KeyRole role = KeyRole.Result) =>
        new("objective." + leaf, kind, help, r => get(r.Objective), (r, v) => r with { Objective = with(r.Objective, v) }, flag)
        {
            Role = role,
            Idle = r => r.Objective.Kind == ObjectiveKind.Distill || leaf == "kind" ? idle?.Invoke(r) : "objective.kind is not distill",
        };

    private static RecipeKey<T> Train<T>(
        string leaf, ValueKind<T> kind, string help, Func<TrainRecipe, T> get, Func<TrainRecipe, T, TrainRecipe> with, KeyRole role = KeyRole.Result) =>
        new("train." + leaf, kind, help, r => get(r.Train), (r, v) => r with { Train = with(r.Train, v) }, null) { Role = role };

    private static RecipeKey<T> Limits<T>(
        string leaf, ValueKind<T> kind, string help, Func<LimitsRecipe, T> get, Func<LimitsRecipe, T, LimitsRecipe> with) =>
        new("limits." + leaf, kind, help, r => get(r.Limits), (r, v) => r with { Limits = with(r.Limits, v) }, null) { Role = KeyRole.Machine };

    // Among the flags of train, such as --metrics, the bare names would mean nothing.
    private static RecipeKey<T> Guard<T>(
        string leaf, ValueKind<T> kind, string help, Func<GuardRecipe, T> get, Func<GuardRecipe, T, GuardRecipe> with, Func<Recipe, string?>? idle = null) =>
        new("guard." + leaf, kind, help, r => get(r.Guard), (r, v) => r with { Guard = with(r.Guard, v) }, "guard-" + leaf) { Role = KeyRole.Report, Idle = idle ?? (_ => null) };

    private static RecipeKey<T> Eval<T>(
        string leaf, ValueKind<T> kind, string help, Func<EvalRecipe, T> get, Func<EvalRecipe, T, EvalRecipe> with,
        string? flag = null, Func<Recipe, string?>? idle = null) =>
        new("eval." + leaf, kind, help, r => get(r.Eval), (r, v) => r with { Eval = with(r.Eval, v) }, flag) { Role = KeyRole.Measured, Idle = idle ?? (_ => null) };
}
