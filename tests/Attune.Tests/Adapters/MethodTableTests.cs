using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Tests.Formats;
using Attune.Tests.Models;
using Attune.Tests.Runs;
using Attune.Training;

namespace Attune.Tests.Adapters;

/// <summary>One table for all methods that adapt layers: what holds for one must hold for each, on every base.</summary>
public sealed class MethodTableTests(MethodTableTests.Bare bare) : IClassFixture<MethodTableTests.Bare>
{
    private static readonly LoraOptions Small = new() { Rank = 4, Alpha = 8 };

    private static readonly Dictionary<string, AdapterOptions> Methods = new()
    {
        ["lora"] = Small,
        ["lora, root of the rank"] = Small with { RankStabilised = true },
        ["lora, B faster"] = Small with { RateOfB = 16 },
        ["pissa"] = new PissaOptions { Rank = 4, Alpha = 8 },
        ["pissa, root of the rank"] = new PissaOptions { Rank = 4, Alpha = 8, RankStabilised = true },
        ["dora"] = new DoraOptions { Rank = 4, Alpha = 8 },
        ["ia3"] = new Ia3Options
        {
            Targets = LayerTargets.EndingOn(["k_proj", "v_proj", "c_attn", "mlp.down_proj", "mlp.c_proj"]),
            FeedForward = LayerTargets.EndingOn(["mlp.down_proj", "mlp.c_proj"]),
        },
    };

    // Layers with biases, layers that lie by inputs, and layers whose rows are whole blocks of what a base may be quantised to.
    private static readonly (string Family, DType? Held)[] Bases = [("llama", null), ("llama", DType.NF4), ("qwen2", DType.Int8), ("gpt2", null)];

    public static TheoryData<string, string, DType?> Rows
    {
        get
        {
            var data = new TheoryData<string, string, DType?>();
            foreach (var name in Methods.Keys)
            {
                foreach (var (family, held) in Bases)
                    data.Add(name, family, held);
            }
            return data;
        }
    }

    [Fact]
    public void Every_kind_of_adapter_is_in_this_table() =>
        Assert.Equal(AdapterKinds.All.Select(static k => k.Name).Order(), Methods.Values.Select(static m => m.Kind.Name).Distinct().Order());

    /// <summary>Bit for bit; what begins elsewhere (PiSSA) as the same function within rounding.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public void A_new_adapter_leaves_the_model_as_it_is(string name, string family, DType? held)
    {
        using var rig = new Rig(bare, name, family, held);
        var (without, adapted) = (rig.Logits(null), rig.Logits(rig.Model.Adapters));
        if (Methods[name] is PissaOptions)
            Numbers.Close([.. without.Select(static v => (float)v)], adapted, 1e-4, name);
        else
            Assert.Equal(without, adapted);
    }

    /// <summary>Along a random direction of everything that trains, in F64, with what is kept and with what is computed again.</summary>
    [Theory]
    [MemberData(nameof(Rows))]
    public void Gradients_agree_with_central_differences(string name, string family, DType? held)
    {
        using var rig = new Rig(bare, name, family, held, TestBackends.F64);
        rig.Shake();
        const double step = 1e-6;
        rig.Gradients(Keep.Saved);
        double slope = 0;
        var directions = new List<double[]>();
        foreach (var (bucket, i) in rig.Model.Weights.Buckets.Select(static (b, i) => (b, i)))
        {
            directions.Add([.. Enumerable.Range(0, bucket.Values.Cols).Select(c => RandomKey.OfSeed(50 + i).Normal(c))]);
            slope += directions[i].Select((d, c) => d * bucket.Gradients.At<double>(0, c)).Sum();
        }
        // Values move without a word to the versions: what counts as a constant (DoRA's norms) stays.
        double Moved(double by)
        {
            foreach (var (bucket, direction) in rig.Model.Weights.Buckets.Zip(directions))
            {
                for (var c = 0; c < direction.Length; c++)
                    bucket.Values.At<double>(0, c) += by * direction[c];
            }
            return rig.Gradients(Keep.Recompute);
        }
        var difference = (Moved(step) - Moved(-2 * step)) / (2 * step);
        Assert.InRange(slope, difference - 1e-6 * Math.Max(1, Math.Abs(difference)), difference + 1e-6 * Math.Max(1, Math.Abs(difference)));
        Assert.NotInRange(slope, -1e-5, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Recomputation_changes_no_bit(string name, string family, DType? held)
    {
        using var rig = new Rig(bare, name, family, held);
        rig.Shake();
        byte[] Bits(Keep keep)
        {
            rig.Gradients(keep);
            return [.. rig.Model.Weights.Buckets.SelectMany(static b => Numbers.Bits(b.Gradients))];
        }
        Assert.Equal(Bits(Keep.Saved), Bits(Keep.Recompute));
    }

    [Theory]
    [Trait("SilentFailure", "13")]
    [MemberData(nameof(Rows))]
    public void Merged_equals_unmerged(string name, string family, DType? held)
    {
        using var rig = new Rig(bare, name, family, held);
        rig.Shake();
        using var merged = new MergedWeights(rig.Folder, rig.Model.Adapters);
        var decoder = rig.Folder.Build(info =>
        {
            var copy = Tensor.Allocate(DType.F32, info.Rows, info.Cols);
            var value = merged.Of(info);
            copy.Write((r, row) => WeightEncoder.Widen(value, r, row));
            return new Parameter(info.Name, copy);
        });
        var logits = rig.Logits(rig.Model.Adapters);
        Numbers.Close([.. logits.Select(static v => (float)v)], rig.Logits(decoder, null), 1e-4, name);
        Assert.NotEqual(rig.Logits(null), logits);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_is_saved_is_loaded_and_saved_again_as_the_same_bytes(string name, string family, DType? held)
    {
        using var temp = new TempFolder();
        using var rig = new Rig(bare, name, family, held);
        rig.Shake();
        PeftFiles.Save(temp.File("first"), rig.Model.Adapters!, "base");
        var loaded = PeftFiles.Load(temp.File("first"), rig.Model.Decoder);
        PeftFiles.Save(temp.File("second"), loaded, "base");
        Assert.Equal(TinyModel.Bytes(temp.File("first")), TinyModel.Bytes(temp.File("second")));
        Assert.Empty(PeftFiles.UnknownKeys(temp.File("first")));
        Assert.Equal(Methods[name].Kind, loaded.Options.Kind);
        var logits = rig.Logits(rig.Model.Adapters);
        if (Methods[name].IsSavedAsItRuns)
            Assert.Equal(logits, rig.Logits(loaded));
        else
            Numbers.Close([.. logits.Select(static v => (float)v)], rig.Logits(loaded), 1e-4, name);
    }

    /// <summary>In the arena to the byte, and beside it what the plan counts among the frozen weights.</summary>
    [Theory]
    [Trait("SilentFailure", "6")]
    [MemberData(nameof(Rows))]
    public void Training_takes_what_was_planned(string name, string family, DType? held)
    {
        foreach (var keep in new[] { Keep.Saved, Keep.Recompute })
        {
            using var rig = new Rig(bare, name, family, held);
            var plan = MemoryPlan.Of(rig.Folder, new TuningMethod(Methods[name], false, 1), Rig.Options(keep), rig.Backend, 0, 0, 0);
            Assert.Equal(rig.Folder.WeightBytes + rig.Model.Adapters!.OwnBytes, plan.Frozen);
            using var arena = Arena.OfBytes(plan.Arena);
            using var model = TrainingModel.Build(rig.Folder, new TuningMethod(Methods[name], false, 1), rig.Backend, arena);
            Assert.Equal(plan.Persistent, arena.InUse);
            new GradientStep(model, rig.Backend, arena, Rig.Options(keep)).Run(Rig.Step, 0, TestContext.Current.CancellationToken);
            Assert.Equal(plan.Persistent + plan.Activations, arena.Peak);
        }
    }

    /// <summary>Models without adapters, a family's made once.</summary>
    public sealed class Bare : IDisposable
    {
        private readonly Dictionary<string, TinyModel> made = [];

        public string Of(string family)
        {
            if (!made.TryGetValue(family, out var model))
                made[family] = model = new TinyModel(family: family, width: 2);
            return model.Path;
        }

        public void Dispose()
        {
            foreach (var model in made.Values)
                model.Dispose();
        }
    }

    private sealed class Rig : IDisposable
    {
        private const int Tokens = 12;

        private static readonly Packer Packer = new(
            [new Example([.. Enumerable.Range(0, Tokens).Select(static i => RandomKey.OfSeed(9).Below(288, i))], [.. Enumerable.Range(0, Tokens).Select(static i => i > 1)], "rows", 1, 1)],
            new PackerOptions { StepTokens = Tokens, MicroTokens = Tokens, Seed = 1 });

        private readonly Arena arena = TestBackends.NewArena();

        public Rig(Bare bare, string name, string family, DType? held, string backend = TestBackends.Cpu)
        {
            Backend = TestBackends.Make(backend);
            Folder = ModelFolder.Open(bare.Of(family)).In(held);
            Assert.Equal(held is not null, Folder.HeldMatrices > 0);
            Model = TrainingModel.Build(Folder, new TuningMethod(Methods[name], false, 1), Backend, arena);
        }

        public static OptimizerStep Step => Packer.Get(new DataCursor(0, 0));

        public Backend Backend { get; }

        public ModelFolder Folder { get; }

        public TrainingModel Model { get; }

        public static TrainerOptions Options(Keep keep) => new() { TotalSteps = 1, PassRows = Tokens, Keep = keep, LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1) };

        /// <summary>Moves everything that trains away from where it began.</summary>
        public void Shake()
        {
            foreach (var (p, n) in Model.Weights.Parameters.Select(static (p, n) => (p, n)))
            {
                for (var r = 0; r < p.Value.Rows; r++)
                {
                    var row = p.Value.RowRange(r, 1).ToArray();
                    for (var c = 0; c < row.Length; c++)
                        row[c] += (float)(0.1 * RandomKey.OfSeed(n).Normal((long)r * row.Length + c));
                    p.Value.RowRange(r, 1).Write(row);
                }
                p.Changed();
            }
        }

        public double Gradients(Keep keep) => new GradientStep(Model, Backend, arena, Options(keep)).Run(Step, 0, TestContext.Current.CancellationToken);

        public double[] Logits(IAdapterSet? adapters) => Logits(Model.Decoder, adapters);

        public double[] Logits(Decoder decoder, IAdapterSet? adapters)
        {
            using var tape = new Tape(Backend, arena, record: false);
            var ids = Step.MicroBatches[0].Ids;
            return Numbers.Of(decoder.Logits(tape, Pass.Packed([ids.Length]) with { Adapters = adapters }, ids, [.. Enumerable.Range(0, ids.Length)]));
        }

        public void Dispose()
        {
            Model.Dispose();
            arena.Dispose();
            Folder.Dispose();
        }
    }
}
