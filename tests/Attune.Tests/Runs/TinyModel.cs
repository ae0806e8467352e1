using System.Text;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Recipes;
using Attune.Runs;
using Attune.Tests.Formats;
using Attune.Text;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>A model of random weights with a tokenizer and a chat template of its own, and rows to tune it on: a whole run in a second.</summary>
internal sealed class TinyModel : IDisposable
{
    private static readonly string[] Things = ["lamp", "table", "garden hose", "kettle", "bicycle", "blue chair", "carpet", "clock"];

    private readonly TempFolder temp = new();

    private const string Common = """
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 192
        """;

    // Sizes as the families' files say them; the rest is the same for all.
    private static readonly Dictionary<string, string> Sizes = new()
    {
        ["gpt2"] = """
            "n_embd": 32, "n_inner": 64, "n_layer": 2, "n_head": 4, "n_positions": 192
            """,
        ["llama"] = Common,
        ["qwen2"] = Common,
        ["qwen3"] = $"""
            {Common}, "head_dim": 12
            """,
    };

    private readonly string family;

    // Factor of the widths: at 2 every row of a weight is whole blocks of 64.
    private readonly int width;

    public TinyModel(int seed = 7, string template = "", int vocabulary = 288, string family = "llama", int width = 1)
    {
        (this.family, this.width) = (family, width);
        Path = Make("model", seed, template, vocabulary);
        Data = temp.File("rows.jsonl");
        File.WriteAllText(Data, Rows(60));
    }

    /// <summary>The model's folder.</summary>
    public string Path { get; }

    /// <summary>Sixty conversations.</summary>
    public string Data { get; }

    public string Folder => temp.Path;

    public string FileOf(string name) => temp.File(name);

    /// <summary>A recipe of a few steps, with settings as on a command line.</summary>
    public Recipe Recipe(string output, params string[] settings) => RecipeReader.FromSettings(
        [.. Settings(output).Concat(settings).Select(Setting.Parse).GroupBy(static s => s.Key).Select(static g => g.Last())]);

    public IReadOnlyList<string> Settings(string output) =>
    [
        $"model={Path}", $"data.train={Data}", $"output={temp.File(output)}", "method.rank=4", "train.max_steps=12", "train.batch_tokens=512",
        "train.micro_batch_tokens=256", "eval.rows=4", "eval.max_new_tokens=6", "train.learning_rate=0.02",
    ];

    public static RunResult Run(Recipe recipe, int threads = 1, string? resume = null, Action<RunNotice>? notice = null) => TrainRun.Execute(
        recipe, resume, Backend(recipe, threads), TimeProvider.System, notice ?? (static _ => { }), TestContext.Current.CancellationToken);

    /// <summary>What a run of the recipe computes on, on so many threads.</summary>
    public static Backend Backend(Recipe recipe, int threads) => RunSetup.BackendOf(recipe with { Train = recipe.Train with { Threads = threads } });

    public RunResult Run(string output, params string[] settings) => Run(Recipe(output, settings));

    /// <summary>Another model's folder, beside this one.</summary>
    public string Make(string name, int seed, string template = "", int vocabulary = 288)
    {
        var configuration = temp.File(name + "-configuration");
        Directory.CreateDirectory(configuration);
        var tokenizer = BpeTrainer.Train([Rows(20)], new BpeTrainerOptions { VocabularySize = vocabulary, SpecialTokens = ["<|im_end|>", "<|im_start|>"] });
        File.WriteAllText(System.IO.Path.Combine(configuration, "tokenizer.json"), tokenizer.TokenizerJson);
        File.WriteAllText(System.IO.Path.Combine(configuration, "tokenizer_config.json"), """{"eos_token": "<|im_end|>"}""");
        File.WriteAllText(System.IO.Path.Combine(configuration, "chat_template.jinja"), ChatTemplate.ChatMl.Source + template);
        File.WriteAllText(System.IO.Path.Combine(configuration, "config.json"), $$"""
            {"model_type": "{{family}}", "vocab_size": {{vocabulary}}, {{Widen(Sizes[family])}}, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
             "tie_word_embeddings": true, "initializer_range": 0.05, "torch_dtype": "float32", "eos_token_id": 0}
            """);
        using var folder = ModelFolder.OpenConfiguration(configuration);
        using var arena = Arena.OfBytes(16 << 20);
        using var model = TrainingModel.Build(folder, new TuningMethod(null, true, seed), CpuBackend.Shared(1), arena);
        ModelWriter.Save(temp.File(name), folder, info => model.Weights.Find(info.Name)!.Value, SafeTensorsType.F32);
        return temp.File(name);
    }

    /// <summary>The bytes of everything that the result is made of, file by file.</summary>
    public static string Bytes(string folder) => string.Join("\n", Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
        .Select(static f => $"{System.IO.Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"));

    public void Dispose() => temp.Dispose();

    private string Widen(string sizes) => sizes.Replace(": 32", $": {32 * width}", StringComparison.Ordinal).Replace(": 64", $": {64 * width}", StringComparison.Ordinal);

    private static string Rows(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var thing = Things[i % Things.Length];
            text.Append($$"""{"messages":[{"role":"user","content":"Where is the {{thing}} of order {{1000 + 37 * i}}?"},{"role":"assistant","content":"item={{thing}}"}]}""").Append('\n');
        }
        return text.ToString();
    }
}
