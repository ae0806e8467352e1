using System.Text.Json;
using Attune.Data;
using Attune.Engine.Autograd;
using Attune.Evaluation;
using Attune.Models;
using Attune.Text;
using Attune.Training;

namespace Attune.Tests.Models;

/// <summary>Two real models give the answers of reference.json: see tests/Fixtures/README.md for what its fields mean.</summary>
public class StoryModelTests
{
    private static readonly string[] Names = ["stories260K", "tinystories-656K"];

    public static TheoryData<string, string> ModelsAndBackends
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var backend in TestBackends.Single.Select(static r => r.Data))
                foreach (var name in Names)
                    data.Add(name, backend);
            return data;
        }
    }

    public static TheoryData<string> Models => [.. Names];

    [Theory]
    [MemberData(nameof(ModelsAndBackends))]
    public void Logits_equal(string name, string backendName)
    {
        using var story = new Story(name);
        var expected = story.Reference.GetProperty("full_logits_last_position");
        var ids = Ids(expected.GetProperty("prompt_ids"));
        using var arena = TestBackends.NewArena();
        using var tape = new Tape(TestBackends.Make(backendName), arena, record: false);
        var logits = story.Folder.BuildFrozen().Logits(tape, Pass.Packed([ids.Length]), ids, [ids.Length - 1]);
        Numbers.Close([.. expected.GetProperty("logits").EnumerateArray().Select(static e => e.GetSingle())], Numbers.Of(logits), 1e-4, "logits");
    }

    /// <summary>Token ids of the prompts, all ids of the greedy continuation, and its text, written several at once.</summary>
    [Theory]
    [MemberData(nameof(ModelsAndBackends))]
    public void Greedy_text_equals(string name, string backendName)
    {
        using var story = new Story(name);
        var cases = story.Reference.GetProperty("greedy").EnumerateArray().ToArray();
        var prompts = cases.Select(c => (IReadOnlyList<int>)story.Tokenizer.Encode(c.GetProperty("prompt").GetString()!, true).Ids).ToArray();
        Assert.Equal(cases.Select(static c => Ids(c.GetProperty("prompt_ids"))), prompts);
        using var arena = TestBackends.NewArena();
        var generator = new Generator(story.Folder.BuildFrozen(), story.Tokenizer, TestBackends.Make(backendName), arena, null);
        var written = generator.GenerateAll(prompts, new GenerationOptions { MaxNewTokens = 64 }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(cases.Select(static c => Ids(c.GetProperty("greedy_ids"))), written.Select(static w => w.Ids));
        Assert.Equal(cases.Select(static c => c.GetProperty("greedy_text").GetString()), written.Select(static w => w.Text));
    }

    /// <summary>By the protocol: pieces of 255 ids, each behind BOS, every id of the text scored once.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Perplexities_equal(string name)
    {
        using var story = new Story(name);
        var model = story.Folder.BuildFrozen();
        using var arena = TestBackends.NewArena(64);
        foreach (var expected in story.Reference.GetProperty("perplexity").EnumerateObject())
        {
            var text = expected.Name == "tinystories_train.txt"
                ? File.ReadAllText(SharedData.Require("datasets", "tinystories", "tinystories_train.txt"))
                : File.ReadAllText(SharedData.Require("datasets", "wizard-of-oz", "wizard_of_oz.txt"))[..20000];
            var ids = story.Tokenizer.Encode(text, false).Ids;
            var pieces = ids.Chunk(255).Select(piece => Whole([story.Tokenizer.BosId!.Value, .. piece])).ToArray();
            var losses = TokenLosses.Measure(model, null, pieces, 512, TestBackends.Make(TestBackends.CpuTwo), arena, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Value.GetProperty("tokens_scored").GetInt64(), losses.Tokens);
            var mean = expected.Value.GetProperty("mean_nll").GetDouble();
            Assert.Equal(mean, losses.Mean, 1e-5 * mean);
            Assert.Equal(Math.Exp(mean), losses.Perplexity, 1e-4 * Math.Exp(mean));
        }
    }

    /// <summary>Partial derivatives of the loss, found by central differences, equal the gradients of full tuning.</summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_equal_central_differences(string name)
    {
        using var story = new Story(name);
        var expected = story.Reference.GetProperty("gradient_check");
        var backend = TestBackends.Make(TestBackends.F64);
        using var arena = TestBackends.NewArena(64);
        using var model = TrainingModel.Build(story.Folder, new TuningMethod(null, false, 0), backend, arena);
        var example = Whole(Ids(expected.GetProperty("token_ids")));
        var step = new GradientStep(model, backend, arena, new TrainerOptions
        {
            TotalSteps = 1,
            PassRows = example.Positions,
            LearningRate = new LearningRate(1, LearningRateShape.Constant, 0, 1),
        });
        var loss = step.Run(new OptimizerStep(default, [Batch.Of([example], [0])], [0], example.Positions), 0, TestContext.Current.CancellationToken);
        Assert.Equal(expected.GetProperty("loss").GetDouble(), loss, 1e-6 * loss);
        foreach (var gradient in expected.GetProperty("gradients").EnumerateArray())
        {
            var tensor = gradient.GetProperty("tensor").GetString()!;
            var index = Ids(gradient.GetProperty("index"));
            var grad = model.Weights.Find(tensor)!.Grad!;
            var actual = index.Length == 1 ? grad.Read(0, index[0]) : grad.Read(index[0], index[1]);
            var numeric = gradient.GetProperty("grad").GetDouble();
            Assert.True(Math.Abs(numeric - actual) <= 2e-6 * Math.Max(1e-2, Math.Abs(numeric)), $"{tensor} [{string.Join(", ", index)}]: {actual}, expected {numeric}");
        }
    }

    /// <summary>tinystories-656K holds the one table of a tied model under the head's name.</summary>
    [Fact]
    public void A_tied_model_may_hold_its_table_under_the_heads_name()
    {
        using var story = new Story("tinystories-656K");
        var decoder = story.Folder.BuildFrozen();
        Assert.Same(decoder.Embedding, decoder.Head);
        Assert.Equal("model.embed_tokens.weight", decoder.Embedding.Name);
        Assert.Empty(story.Folder.UnusedTensors);
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(static e => e.GetInt32())];

    private static Example Whole(int[] ids) => new(ids, [.. ids.Select(static (_, i) => i > 0)], "text", 1, 0);

    internal sealed class Story : IDisposable
    {
        private readonly JsonDocument reference;

        public Story(string name)
        {
            var path = SharedData.Require("models", name);
            Folder = ModelFolder.Open(path);
            Tokenizer = Tokenizer.Load(path);
            reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "reference.json")));
        }

        public ModelFolder Folder { get; }

        public Tokenizer Tokenizer { get; }

        public JsonElement Reference => reference.RootElement;

        public void Dispose()
        {
            reference.Dispose();
            Folder.Dispose();
        }
    }
}
