using System.Text.Json.Nodes;
using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Tests.Adapters;
using Attune.Text;

namespace Attune.Tests.Models;

public class GeneratorTests
{
    public static TheoryData<string> Backends => TestBackends.Single;

    public static TheoryData<string> Models => ModelFixture.Models;

    public static TheoryData<string, string> ModelsAndBackends => LoraTests.ModelsAndBackends;

    // One letter per id, so that a text says which ids it was made of.
    private static Tokenizer Letters { get; } = Tokenizer.Parse(
        new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "Fuse" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = new JsonObject(Enumerable.Range(0, 97).Select(static i => KeyValuePair.Create($"{Letter(i)}", (JsonNode?)i))),
                ["merges"] = new JsonArray(),
            },
        }.ToJsonString(),
        null,
        "letters");

    private static char Letter(int id) => (char)('\u4E00' + id);

    private static string Text(IEnumerable<int> ids) => string.Concat(ids.Select(Letter));

    private static int[] Prompt(int length, int seed) => [.. Enumerable.Range(0, length).Select(i => RandomKey.OfSeed(seed).Below(97, i))];

    [Theory]
    [MemberData(nameof(ModelsAndBackends))]
    public void Greedy_equals_the_forward_of_the_whole_text_at_every_step(string name, string backendName)
    {
        using var rig = new Rig(name, backendName);
        var prompt = Prompt(5, 1);
        var written = rig.Generator.Generate(prompt, new GenerationOptions { MaxNewTokens = 20 }, cancel: TestContext.Current.CancellationToken);
        var ids = prompt.ToList();
        for (var i = 0; i < 20; i++)
        {
            using var tape = new Tape(rig.Backend, rig.Arena, record: false);
            var logits = Numbers.Of(rig.Decoder.Logits(tape, Pass.Packed([ids.Count]), ids.ToArray(), [ids.Count - 1]));
            ids.Add(Array.IndexOf(logits, logits.Max()));
        }
        Assert.Equal(ids[5..], written.Ids);
        Assert.Equal(Text(ids[5..]), written.Text);
        Assert.Equal(StopReason.Length, written.Reason);
        Assert.Equal(0, rig.Arena.InUse);
    }

    /// <summary>More prompts than slots, one of them longer than a pass: each gets the text that it gets alone.</summary>
    [Theory]
    [MemberData(nameof(Backends))]
    public void Many_at_once_equal_one_by_one(string backendName)
    {
        using var rig = new Rig("llama-untied", backendName);
        var options = new GenerationOptions { MaxNewTokens = 6 };
        int[][] prompts = [.. Enumerable.Range(0, Generator.MaxSlots + 4).Select(static i => Prompt(1 + 3 * i % 17, i)), Prompt(Generator.PassRows + 90, 99)];
        var together = rig.Generator.GenerateAll(prompts, options, cancel: TestContext.Current.CancellationToken);
        for (var i = 0; i < prompts.Length; i++)
        {
            var alone = rig.Generator.Generate(prompts[i], options, cancel: TestContext.Current.CancellationToken);
            Assert.Equal(alone.Ids, together[i].Ids);
        }
        Assert.Equal(0, rig.Arena.InUse);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Adapters_write_their_own_text(string name)
    {
        using var rig = new Rig(name);
        var adapters = PeftFiles.Load(ModelFixture.PathOf(name, "lora"), rig.Decoder);
        var generator = new Generator(rig.Decoder, Letters, rig.Backend, rig.Arena, adapters);
        var written = generator.Generate(Prompt(3, 1), new GenerationOptions { MaxNewTokens = 12 }, cancel: TestContext.Current.CancellationToken);
        var ids = Prompt(3, 1).ToList();
        for (var i = 0; i < 12; i++)
        {
            using var tape = new Tape(rig.Backend, rig.Arena, record: false);
            var logits = Numbers.Of(rig.Decoder.Logits(tape, Pass.Packed([ids.Count]) with { Adapters = adapters }, ids.ToArray(), [ids.Count - 1]));
            ids.Add(Array.IndexOf(logits, logits.Max()));
        }
        Assert.Equal(ids[3..], written.Ids);
        Assert.NotEqual(rig.Write(new GenerationOptions { MaxNewTokens = 12 }).Ids, written.Ids);
    }

    [Fact]
    public void A_stop_id_ends_the_text_and_is_not_part_of_it()
    {
        using var rig = new Rig("llama-tied");
        var free = rig.Write(new GenerationOptions { MaxNewTokens = 10 });
        var stop = free.Ids[4];
        var before = free.Ids.TakeWhile(id => id != stop).ToArray();
        var ended = rig.Write(new GenerationOptions { MaxNewTokens = 10, StopIds = [stop] });
        Assert.Equal(before, ended.Ids);
        Assert.Equal(Text(before), ended.Text);
        Assert.Equal(StopReason.StopToken, ended.Reason);
    }

    [Fact]
    public void A_stop_string_that_spans_tokens_ends_the_text_and_is_never_shown()
    {
        using var rig = new Rig("llama-tied");
        var free = rig.Write(new GenerationOptions { MaxNewTokens = 10 });
        var stop = free.Text.Substring(3, 2);
        var shown = new List<string>();
        var ended = rig.Write(new GenerationOptions { MaxNewTokens = 10, StopStrings = ["never", stop] }, shown.Add);
        Assert.Equal(free.Text[..free.Text.IndexOf(stop, StringComparison.Ordinal)], ended.Text);
        Assert.Equal(StopReason.StopString, ended.Reason);
        Assert.Equal(ended.Text, string.Concat(shown));
    }

    [Fact]
    public void Streamed_pieces_together_are_the_text()
    {
        using var rig = new Rig("llama-tied");
        var shown = new Dictionary<int, string>();
        // A stop string that begins like the text's last letter: it is held back until the end shows that it is none.
        var free = rig.Write(new GenerationOptions { MaxNewTokens = 10 });
        var options = new GenerationOptions { MaxNewTokens = 10, StopStrings = [$"{free.Text[^1]}\n"] };
        var written = rig.Generator.GenerateAll(
            [Prompt(3, 1), Prompt(4, 2)], options, (i, text) => shown[i] = shown.GetValueOrDefault(i) + text, TestContext.Current.CancellationToken);
        Assert.Equal(written.Select(static w => w.Text), [shown[0], shown[1]]);
        Assert.Equal(free.Text, rig.Write(options).Text);
    }

    [Fact]
    public void A_seed_gives_one_text_and_another_seed_another()
    {
        using var rig = new Rig("llama-tied");
        GenerationOptions Options(long seed) => new() { MaxNewTokens = 20, Sampling = new SamplingOptions { Temperature = 1, Seed = seed } };
        Assert.Equal(rig.Write(Options(1)).Ids, rig.Write(Options(1)).Ids);
        Assert.NotEqual(rig.Write(Options(1)).Ids, rig.Write(Options(2)).Ids);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_models_positions_end_the_text(string name)
    {
        using var rig = new Rig(name);
        var positions = rig.Decoder.Spec.MaxPositions;
        var written = rig.Generator.Generate(Prompt(positions - 3, 1), new GenerationOptions { MaxNewTokens = 10 }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(3, written.Ids.Count);
        Assert.Equal(StopReason.Length, written.Reason);
        Assert.Empty(rig.Generator.Generate(Prompt(positions, 1), new GenerationOptions { MaxNewTokens = 10 }, cancel: TestContext.Current.CancellationToken).Ids);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Prompts_that_do_not_fit_are_all_named(string name)
    {
        using var rig = new Rig(name);
        var e = Assert.Throws<UserErrorException>(() => rig.Generator.GenerateAll(
            [[], Prompt(3, 1), Prompt(rig.Decoder.Spec.MaxPositions + 1, 1)], new GenerationOptions(), cancel: TestContext.Current.CancellationToken));
        Assert.Equal(["prompt 1", "prompt 3"], e.Problems.Select(static p => p.Place));
    }

    [Fact]
    public void Cancelling_stops_and_returns_the_memory()
    {
        using var rig = new Rig("llama-tied");
        using var source = new CancellationTokenSource();
        var pieces = 0;
        void Show(string text)
        {
            if (++pieces == 3)
                source.Cancel();
        }

        Assert.Throws<OperationCanceledException>(() => rig.Generator.Generate(Prompt(4, 1), new GenerationOptions { MaxNewTokens = 100 }, Show, source.Token));
        Assert.Equal(3, pieces);
        Assert.Equal(0, rig.Arena.InUse);
    }

    /// <summary>The plan is enough for any set of prompts, and exact for one that fills the first pass.</summary>
    [Theory]
    [InlineData("llama-untied", "reference F32", 16, 32, true)]
    [InlineData("llama-untied", "reference F32", 20, 25, false)]
    [InlineData("llama-untied", "CPU", 16, 32, true)]
    [InlineData("llama-untied", "CPU", 20, 25, false)]
    [InlineData("llama-untied", "CPU", 3, 400, false)]
    [InlineData("gpt2-tied", "CPU", 16, 32, true)]
    [InlineData("gpt2-tied", "CPU", 3, 60, false)]
    [InlineData("qwen2-untied", "CPU", 16, 32, true)]
    public void The_plan_covers_the_arenas_peak(string name, string backendName, int texts, int length, bool isFull)
    {
        using var rig = new Rig(name, backendName);
        var planned = Generator.Plan(rig.Decoder, rig.Backend, null, texts, length);
        using var arena = Arena.OfBytes(planned);
        var generator = new Generator(rig.Decoder, Letters, rig.Backend, arena, null);
        var added = isFull ? 0 : 2;
        generator.GenerateAll(
            [.. Enumerable.Range(0, texts).Select(i => Prompt(isFull ? length : length - added - i, i))],
            new GenerationOptions { MaxNewTokens = added },
            cancel: TestContext.Current.CancellationToken);
        if (isFull)
            Assert.Equal(planned, arena.Peak);
        else
            Assert.InRange(arena.Peak, 1, planned);
    }

    private sealed class Rig : IDisposable
    {
        private readonly ModelFolder folder;

        public Rig(string model, string backendName = TestBackends.Cpu)
        {
            folder = ModelFolder.Open(ModelFixture.PathOf(model));
            Decoder = folder.BuildFrozen();
            Backend = TestBackends.Make(backendName);
            Generator = new Generator(Decoder, Letters, Backend, Arena, null);
        }

        public Decoder Decoder { get; }

        public Backend Backend { get; }

        public Arena Arena { get; } = TestBackends.NewArena();

        public Generator Generator { get; }

        public Generated Write(GenerationOptions options, Action<string>? onText = null) =>
            Generator.Generate(Prompt(3, 1), options, onText, TestContext.Current.CancellationToken);

        public void Dispose()
        {
            Arena.Dispose();
            folder.Dispose();
        }
    }
}
