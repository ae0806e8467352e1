using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Training;

namespace Attune.Recipes;

/// <summary>
/// All that decides a run. Immutable; every key but <c>model</c> and <c>data.train</c> may be left out.
/// A property that is null (an empty list where it is a list) stands for <c>auto</c>: the run chooses, and says by which rule.
/// The summaries below are the help texts of <see cref="RecipeKeys"/>; a test holds the two together.
/// </summary>
public sealed record Recipe
{
    /// <summary>The model to tune: a folder with config.json, tokenizer.json and *.safetensors (no weights where train.from_scratch is true), or a .gguf file.</summary>
    public string Model { get; init; } = "";

    /// <summary>What is learned from.</summary>
    public DataRecipe Data { get; init; } = new();

    /// <summary>What of the model is trained.</summary>
    public MethodRecipe Method { get; init; } = new();

    /// <summary>What is minimised.</summary>
    public ObjectiveRecipe Objective { get; init; } = new();

    /// <summary>How it is trained.</summary>
    public TrainRecipe Train { get; init; } = new();

    /// <summary>What the run may use.</summary>
    public LimitsRecipe Limits { get; init; } = new();

    /// <summary>How the gain is measured.</summary>
    public EvalRecipe Eval { get; init; } = new();

    /// <summary>What the result must hold to be used.</summary>
    public GuardRecipe Guard { get; init; } = new();

    /// <summary>What attune search varies.</summary>
    public SearchRecipe Search { get; init; } = new();

    /// <summary>Forms that the result is written in too, each loaded again and compared: none, or a list such as [merged, gguf:q8_0]; attune export --help names them all.</summary>
    public IReadOnlyList<string> Export { get; init; } = [];

    /// <summary>Folder of the run, relative to the working directory. auto: runs/&lt;date&gt;-&lt;model&gt;-&lt;data&gt;.</summary>
    public string? Output { get; init; }
}

/// <summary>The rows and how they are read.</summary>
public sealed record DataRecipe
{
    /// <summary>Training rows: files, each with a weight if wanted ({path: a.jsonl, weight: 2}), or a folder with train, valid and test files.</summary>
    public IReadOnlyList<DataSource> Train { get; init; } = [];

    /// <summary>Rows that choose the best checkpoint. auto: split off the training rows (see valid_fraction).</summary>
    public IReadOnlyList<DataSource> Valid { get; init; } = [];

    /// <summary>Rows that are never trained on, for the before and after of the report. auto: the validation rows are used.</summary>
    public IReadOnlyList<DataSource> Test { get; init; } = [];

    /// <summary>Shape of the rows. auto: detected from the first rows.</summary>
    public string? Format { get; init; }

    /// <summary>Columns of the file by the field that they fill, or templates over them: {prompt: "{question}\n{context}", completion: qa.answer}.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>Chat template: a file, or chatml. auto: the model's own.</summary>
    public string? Template { get; init; }

    /// <summary>Most tokens of one example. auto: the longest example, at most what the model can take.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What happens to an example longer than max_length: it is dropped and counted, the run is refused, or its prompt loses its beginning.</summary>
    public TruncationPolicy Truncation { get; init; } = TruncationPolicy.Drop;

    /// <summary>Other rows that are mixed into training so that less is forgotten: files as in data.train, of any shape; running text is the usual kind. none: no others.</summary>
    public IReadOnlyList<DataSource> Replay { get; init; } = [];

    /// <summary>Part of the trained tokens of an epoch that comes from data.replay; its rows are shown more or less often to make it so.</summary>
    public double ReplayFraction { get; init; } = 0.2;

    /// <summary>Part of the training rows that is held out where data.valid is not given; near-duplicates stay on one side. 0: none. auto: a tenth, at least 16 rows, at most 256 and a quarter.</summary>
    public double? ValidFraction { get; init; }

    /// <summary>Seed by which data.valid_fraction is held out: given, runs of several seeds are measured on the same rows. auto: train.seed.</summary>
    public long? SplitSeed { get; init; }

    /// <summary>Part of the training rows that is learned from, drawn by train.seed; near-duplicates stay together, a smaller part lies within a larger one, and what is held out is held out first.</summary>
    public double TrainFraction { get; init; } = 1;

    /// <summary>What attune data known found out about the training rows with this model: its file, for data.unknown and the report; or none.</summary>
    public string? Known { get; init; }

    /// <summary>What happens to training rows that data.known calls Unknown: keep; drop; delay, which shows them in the second half of the epochs alone; or a number, which is how often each is seen in an epoch.</summary>
    public UnknownRule Unknown { get; init; }
}

/// <summary>The tuning method.</summary>
public sealed record MethodRecipe
{
    /// <summary>The value of <see cref="Targets"/> that means every linear layer of the blocks.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>lora trains small matrices beside frozen weights; dora magnitudes beside them; ia3 vectors that rescale keys, values and the MLP; norms and bitfit the model's own norms or biases; full every weight.</summary>
    public MethodKind Kind { get; init; } = MethodKind.Lora;

    /// <summary>Rank of the low-rank matrices. auto: by the size of the model.</summary>
    public int? Rank { get; init; }

    /// <summary>The low-rank update is scaled by alpha / rank (see method.scale). auto: twice the rank.</summary>
    public int? Alpha { get; init; }

    /// <summary>What alpha is divided by: rank, or root-rank (rsLoRA), which lets large ranks learn as fast as small ones.</summary>
    public RankScale Scale { get; init; }

    /// <summary>How the low-rank matrices begin: random (their product is zero), or pissa, as the principal singular vectors of the weights; a PiSSA is saved as a LoRA of twice the rank, for the base as it is.</summary>
    public LowRankStart Init { get; init; }

    /// <summary>How many times faster B learns than A (LoRA+); its paper takes 16. 1: alike.</summary>
    public double LoraPlus { get; init; } = 1;

    /// <summary>Probability with which an input of the low-rank branch is dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Layers that are adapted: all-linear, or names, endings of names (q_proj) and patterns with * (model.layers.1?.mlp.*). auto: all-linear; with ia3 keys, values and the last layer of the MLP.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Train the last n blocks alone; with kind full the final norm too, while embedding and head stay. auto: every block.</summary>
    public int? LastLayers { get; init; }

    /// <summary>The format in which matrices that do not train are held: stored, as the file has them, or quantised while loading, to int8 (8.5 bits a weight) or nf4 (4.1 bits; QLoRA). What is measured, saved and merged belongs to that base. auto: stored, or int8 or nf4 where nothing else fits into limits.memory.</summary>
    public BaseFormat? Base { get; init; }
}

/// <summary>What the model learns from: the data's own answers, or a teacher as well.</summary>
public sealed record ObjectiveRecipe
{
    /// <summary>The value of <see cref="Divergence"/> that needs no common tokens: universal logit distillation.</summary>
    public const string Universal = "uld";

    /// <summary>The value of <see cref="Divergence"/> that reads <see cref="Beta"/>.</summary>
    public const string JensenShannon = "js";

    /// <summary>next-token learns the data's answers; distill learns a teacher's distribution of every next token of them (knowledge distillation).</summary>
    public ObjectiveKind Kind { get; init; }

    /// <summary>The model to learn from: a folder with config.json and *.safetensors, a .gguf file, or the folder of an adapter that names its base. Its tokenizer must be the student's, but with divergence uld.</summary>
    public string? Teacher { get; init; }

    /// <summary>Adapter that the teacher was tuned with: its folder, or none.</summary>
    public string? TeacherAdapter { get; init; }

    /// <summary>The format in which the teacher's matrices are held: stored, as its files have them, or quantised while loading, to int8 (8.5 bits a weight) or nf4 (4.1 bits). auto: stored, or what its adapter was tuned on.</summary>
    public BaseFormat? TeacherBase { get; init; }

    /// <summary>What a teacher said about these rows, written once by attune distill logits, to learn from instead of a model: a file, or none.</summary>
    public string? File { get; init; }

    /// <summary>What is made small between teacher p and student q: forward-kl is KL(p|q), reverse-kl KL(q|p), js lies between them (beta), skew-kl and skew-reverse-kl mix some of the one into the other (skew), and uld is the distance of sorted probabilities, for a teacher with another tokenizer.</summary>
    public string Divergence { get; init; } = "forward-kl";

    /// <summary>Of js: the teacher's share of the mixture and the weight of the forward part; near 0 it is forward, near 1 reverse.</summary>
    public double Beta { get; init; } = 0.5;

    /// <summary>Of skew-kl the share of the teacher that is mixed into the student, of skew-reverse-kl of the student into the teacher.</summary>
    public double Skew { get; init; } = 0.1;

    /// <summary>Divides the logits of both sides; above 1 the unlikely tokens count for more. The loss is multiplied by its square, so that its size stays.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Weight of the data's own answers, from 0 to 1; the teacher has the rest.</summary>
    public double LabelWeight { get; init; } = 0.5;

    /// <summary>Share of the rows whose answers the student writes itself in every step, for the teacher to correct (on-policy distillation, GKD), from 0 to 1; there the teacher has all the weight.</summary>
    public double OnPolicy { get; init; }

    /// <summary>Temperature at which the student writes on_policy answers; 0 takes the most probable token.</summary>
    public double SampleTemperature { get; init; } = 1;

    /// <summary>Weight of matching the teacher's hidden states, beside what is learned of labels and teacher, such as 0.5. 0: they are not looked at.</summary>
    public double Hidden { get; init; }

    /// <summary>Which layers are matched: last (after the final norm), uniform (every block of the student with the one as far up in the teacher), or blocks of the student with blocks of the teacher, counted from 1, such as {2: 4, 4: 8}.</summary>
    public LayerMatching HiddenLayers { get; init; } = LayerMatching.Last;

    /// <summary>How far hidden states are apart: mse, the squared error in units of the teacher's row, or cosine, the direction alone.</summary>
    public RowDistance HiddenLoss { get; init; } = RowDistance.Squared;

    /// <summary>A matrix of each matched layer that takes the student's width to the teacher's; it trains too, and is dropped at the end. auto: where the widths differ. on: always.</summary>
    public HiddenProjection HiddenProjection { get; init; }

    /// <summary>A student that was tuned on labels alone, for the report: its folder (an adapter's, or a model's), or none. It is measured on the same rows.</summary>
    public string? Compare { get; init; }
}

/// <summary>The optimisation.</summary>
public sealed record TrainRecipe
{
    /// <summary>Passes over the training rows. auto: by the number of trained tokens.</summary>
    public double? Epochs { get; init; }

    /// <summary>Optimizer steps at the most. auto: as many as epochs makes.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Highest learning rate, reached after the warm-up. auto: by method and model width.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Tokens in one optimizer step. auto: by the number of tokens in the data.</summary>
    public int? BatchTokens { get; init; }

    /// <summary>Tokens in one forward pass; smaller saves memory and changes no result beyond rounding. auto: what the memory limit allows.</summary>
    public int? MicroBatchTokens { get; init; }

    /// <summary>How the learning rate falls after the warm-up.</summary>
    public LearningRateShape Schedule { get; init; } = LearningRateShape.Cosine;

    /// <summary>Steps in which the learning rate rises: below 1 a fraction of all steps, from 1 a number of steps.</summary>
    public Warmup Warmup { get; init; } = new(0.05);

    /// <summary>adamw holds its moments in F32, 8 bytes a weight that trains; adamw8 in 8 bits, by blocks of 256, 2 bytes a weight. auto: adamw, or adamw8 where nothing else fits into limits.memory.</summary>
    public OptimizerKind? Optimizer { get; init; }

    /// <summary>AdamW's decay of matrices (norms and biases never decay).</summary>
    public double WeightDecay { get; init; }

    /// <summary>AdamW's decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>AdamW's addend to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Gradients are scaled down to this global norm. 0: never.</summary>
    public double Clip { get; init; } = 1;

    /// <summary>Seed of everything random: order, dropout, initial values, sampling.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Steps between two evaluations on the validation rows. auto: about ten in a run.</summary>
    public int? EvalEvery { get; init; }

    /// <summary>Steps between two checkpoints. auto: at every evaluation.</summary>
    public int? SaveEvery { get; init; }

    /// <summary>Evaluations without a better validation loss after which the run stops. 0: it never stops early. auto: 3, or 5 below 64 validation rows.</summary>
    public int? Patience { get; init; }

    /// <summary>Whether the result is the checkpoint with the lowest validation loss (true) or the last one (false).</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>Compute threads; the result does not depend on it. auto: one a physical core.</summary>
    public int? Threads { get; init; }

    /// <summary>What matrix products of training are computed in: f32, or bf16, which rounds their operands and sums in F32. auto: bf16 where the processor has AVX512_BF16, otherwise f32.</summary>
    public ProductType? Compute { get; init; }

    /// <summary>The type in which activations wait for the backward pass: f32, or bf16, which halves their memory and rounds what gradients are computed from (not what attention takes exponentials of, nor statistics). auto: f32, or bf16 where that is the fastest way that fits into limits.memory.</summary>
    public DType? Saved { get; init; }

    /// <summary>Compute activations again in the backward pass rather than keep them. auto: only where memory needs it.</summary>
    public Recompute Recompute { get; init; } = Recompute.Auto;

    /// <summary>Keep what enters the lowest block that trains, so that the frozen ones below it are computed once for each row; no result changes by a bit. auto: where blocks are frozen below, rows come again and there is room.</summary>
    public PrefixCacheUse PrefixCache { get; init; }

    /// <summary>Part of a label's weight that is spread over the whole vocabulary, such as 0.1, against too much certainty; the training loss that is shown contains it. 0: none.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>NEFTune's alpha, such as 5: uniform noise of at most alpha / √(tokens · width) on the embeddings of training rows, against learning by heart. 0: none.</summary>
    public double Neftune { get; init; }

    /// <summary>Start from random weights (pre-training) rather than from the model's.</summary>
    public bool FromScratch { get; init; }
}

/// <summary>What the run may use of the machine.</summary>
public sealed record LimitsRecipe
{
    /// <summary>Memory of the process, such as 4GB. auto: what is free now.</summary>
    public long? Memory { get; init; }

    /// <summary>Time of training, such as 30m, after which the run stops cleanly. auto: no limit.</summary>
    public TimeSpan? Time { get; init; }
}

/// <summary>The measurement before and after.</summary>
public sealed record EvalRecipe
{
    /// <summary>The value of <see cref="General"/> that turns the measurement of forgetting off.</summary>
    public const string None = "none";

    /// <summary>What is measured on the test rows, the most telling first: loss, perplexity, token-accuracy, exact, first-line, regex:pattern, label, numeric, f1, rouge-l, json, json-fields, choice. The first that judges single answers marks them right or wrong. auto: by the form of the expected answers.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];

    /// <summary>Test rows that are answered before and after. 0: none, only losses are compared.</summary>
    public int Rows { get; init; } = 100;

    /// <summary>Most tokens of a generated answer. auto: the longest expected answer and a quarter.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>General text for measuring what was forgotten: a file, or none. auto: the text that comes with Attune.</summary>
    public string? General { get; init; }

    /// <summary>Answers shown side by side in the report.</summary>
    public int Samples { get; init; } = 20;

    /// <summary>Suites that are measured before and after beside the test rows: none, truth (what a model makes up, on public data sets), or files of your own, see docs/truth.md.</summary>
    public IReadOnlyList<string> Suites { get; init; } = [];

    /// <summary>Folder that holds the data sets of truth, each in a folder of its own. auto: the working directory.</summary>
    public string? SuiteData { get; init; }

    /// <summary>Most rows of every task of the suites. auto: what each task says.</summary>
    public int? SuiteRows { get; init; }

    /// <summary>Training rows, and as many unseen ones, that the tuned model is to continue from their first half, to see what it knows by heart. 0: none. auto: as many as eval.rows, at most 32; none with train.from_scratch.</summary>
    public int? Memorisation { get; init; }
}

/// <summary>Conditions on the result: where one is not met, <c>train</c> keeps the result and ends with exit code 3, as <c>ship</c> does.</summary>
public sealed record GuardRecipe
{
    /// <summary>Least improvement of the task metric, such as 0.05 (five points, or nats of a loss) or 10% of the value before; with 0 it must be better. none: not demanded.</summary>
    public Allowance? Gain { get; init; }

    /// <summary>The metric that gain is about, as eval.metrics names it. auto: the first.</summary>
    public string? Metric { get; init; }

    /// <summary>Most that the loss on general text may rise, such as 0.1 (nats) or 5%. none: not demanded.</summary>
    public Allowance? Forgetting { get; init; }

    /// <summary>Most by which a metric of truth may become worse, such as 0 or 0.03: whether the model makes up more than before. none: not demanded.</summary>
    public Allowance? Truth { get; init; }

    /// <summary>Most by which the share of training rows that are continued word for word may exceed that of unseen rows, such as 0.05. none: not demanded.</summary>
    public double? Memorisation { get; init; }

    /// <summary>What gain, forgetting, truth and memorisation are judged by: interval, where the whole 95 % interval must keep to the limit, or point, the measured value alone.</summary>
    public GuardBasis By { get; init; }

    /// <summary>Whether every exported form must say what the trained model says.</summary>
    public bool Parity { get; init; } = true;
}

/// <summary>Which number of a change a guard looks at.</summary>
public enum GuardBasis
{
    /// <summary>The worst end of its 95 % interval.</summary>
    Interval,

    /// <summary>The change as it was measured.</summary>
    Point,
}

/// <summary>What α of a low-rank update is divided by.</summary>
public enum RankScale
{
    /// <summary>The rank (Hu et al. 2021).</summary>
    Rank,

    /// <summary>Its root (rsLoRA, Kalajdzievski 2023).</summary>
    RootRank,
}

/// <summary>Where low-rank matrices begin.</summary>
public enum LowRankStart
{
    /// <summary>A random, B zero.</summary>
    Random,

    /// <summary>At the principal singular vectors of the weight (PiSSA, Meng et al. 2024).</summary>
    Pissa,
}

/// <summary>How matrices that do not train are held, the one that changes least first.</summary>
public enum BaseFormat
{
    /// <summary>As the file has them.</summary>
    Stored,

    /// <summary>Signed bytes, a scale for each 64.</summary>
    Int8,

    /// <summary>The 16 levels of normal weights, scales for each 64 that are quantised too.</summary>
    NF4,
}

/// <summary>What is minimised.</summary>
public enum ObjectiveKind
{
    /// <summary>Cross-entropy of the data's next tokens.</summary>
    NextToken,

    /// <summary>That and the divergence from a teacher.</summary>
    Distill,
}

/// <summary>How the optimizer holds what it remembers, the one that changes least first.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW with moments in F32.</summary>
    AdamW,

    /// <summary>AdamW with moments in 8 bits.</summary>
    AdamW8,
}

/// <summary>Whether activations are computed again in the backward pass.</summary>
public enum Recompute
{
    /// <summary>Where the memory plan needs it.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>Whether what enters the lowest trained block is kept.</summary>
public enum PrefixCacheUse
{
    /// <summary>Where it saves anything and there is room.</summary>
    Auto,

    /// <summary>Wherever there is room.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>A warm-up: a fraction of all steps where <paramref name="Value"/> is below 1, else a number of steps.</summary>
public readonly record struct Warmup(double Value)
{
    /// <summary>Warm-up steps in a run of <paramref name="total"/> steps, never more than those.</summary>
    public int Steps(int total) => Math.Min(total, Value < 1 ? (int)Math.Ceiling(Value * total) : (int)Value);
}
