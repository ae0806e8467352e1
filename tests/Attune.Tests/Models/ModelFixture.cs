using System.Runtime.InteropServices;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Models;
using Attune.Objectives;
using Attune.Training;

namespace Attune.Tests.Models;

/// <summary>One of the tiny checkpoints with PyTorch's answers: see tests/Fixtures/README.md.</summary>
internal sealed class ModelFixture : IDisposable
{
    private readonly SafeTensorsFile expected;

    /// <summary>A checkpoint, or its adapter where <paramref name="part"/> is <c>lora</c>, <c>dora</c> or <c>ia3</c>.</summary>
    public ModelFixture(string name, string part = "")
    {
        Folder = ModelFolder.Open(PathOf(name));
        AdapterFolder = part.Length > 0 ? PathOf(name, part) : null;
        expected = SafeTensorsFile.Open(PathOf(name, part, "expected.safetensors"));
        Ids = Integers("ids");
        Lengths = Integers("lengths");
        Targets = Integers("targets");
        Weights = Values("weights");
        Loss = BitConverter.ToDouble(expected.ReadBytes(expected.Entries["loss"]));
    }

    /// <summary>Every checkpoint: all families.</summary>
    public static TheoryData<string> Models =>
    [
        "gpt2-tied", "gpt2-untied", "llama-tied", "llama-untied", "mistral", "mistral-window", "qwen2-tied", "qwen2-untied", "qwen2-window", "qwen3",
    ];

    public static TheoryData<string, string> Parts
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var row in Models)
            {
                data.Add(row.Data, "");
                data.Add(row.Data, "lora");
            }
            // Further kinds of adapters: on layers without biases, with them, and on layers that lie by inputs.
            foreach (var name in new[] { "llama-tied", "qwen2-untied", "gpt2-tied" })
            {
                data.Add(name, "dora");
                data.Add(name, "ia3");
            }
            return data;
        }
    }

    /// <summary>Every part on every backend.</summary>
    public static TheoryData<string, string, string> PartsAndBackends
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var backend in TestBackends.Single.Select(static r => r.Data).Prepend(TestBackends.F64))
                foreach (var row in Parts)
                    data.Add(row.Data.Item1, row.Data.Item2, backend);
            return data;
        }
    }

    public ModelFolder Folder { get; }

    public string? AdapterFolder { get; }

    public int[] Ids { get; }

    public int[] Lengths { get; }

    public int[] Targets { get; }

    public float[] Weights { get; }

    public double Loss { get; }

    /// <summary>What the loss is divided by.</summary>
    public double TotalWeight => Weights.Sum(static w => (double)w);

    public static string PathOf(params string[] parts) => Path.Combine([SharedData.RepositoryRoot, "tests", "Fixtures", .. parts]);

    public float[] Values(string name) => expected.ReadFloats(expected.Entries[name]);

    /// <summary>The model set up for training as the fixture's values were made.</summary>
    public TrainingModel Build(Backend backend, Arena arena)
    {
        var lora = AdapterFolder is null ? null : PeftFiles.ReadOptions(AdapterFolder);
        var model = TrainingModel.Build(Folder, new TuningMethod(lora, false, 0), backend, arena);
        if (model.Adapters is { } adapters)
            PeftFiles.ReadInto(AdapterFolder!, adapters);
        return model;
    }

    /// <summary>The fixture's sequences of the given indices, one behind the other.</summary>
    public Batch Batch(params int[] sequences)
    {
        var starts = Lengths.Select((_, i) => Lengths[..i].Sum()).ToArray();
        var rows = sequences.SelectMany(s => Enumerable.Range(starts[s], Lengths[s])).ToArray();
        var lengths = sequences.Select(s => Lengths[s]).ToArray();
        return new Batch(
            [.. rows.Select(r => Ids[r])], [.. rows.Select(r => Targets[r])], [.. rows.Select(r => Weights[r])],
            [.. sequences.SelectMany(s => Enumerable.Range(0, Lengths[s]))],
            [.. lengths.Select((_, i) => lengths[..i].Sum())], lengths, [.. sequences.Select(s => starts[s])], sequences, rows.Count(r => Weights[r] != 0));
    }

    /// <summary>Logits of all rows of the batch.</summary>
    public double[] Logits(Decoder model, IAdapterSet? adapters, Backend backend, Arena arena)
    {
        var input = new PassInput(Batch(0, 1, 2), Ids.Length);
        using var tape = new Tape(backend, arena, record: false);
        return Numbers.Of(model.Logits(tape, input.Pass with { Adapters = adapters }, Ids, Enumerable.Range(0, Ids.Length).ToArray()));
    }

    /// <summary>Loss and gradients of a split of the sequences into micro-batches, each filled up to <paramref name="rows"/> rows.</summary>
    public double Gradients(TrainingModel model, Backend backend, Arena arena, Keep keep, int rows, params int[][] split)
    {
        var options = new TrainerOptions
        {
            TotalSteps = 1,
            PassRows = rows,
            Keep = keep,
            LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1),
        };
        var step = new GradientStep(model, backend, arena, options);
        model.Weights.RestartGradients();
        var sum = split.Sum(sequences => step.RunMicroBatch(new PassInput(Batch(sequences), rows), 0, (float)(1 / TotalWeight)));
        model.Weights.ClearUnreached();
        return sum / TotalWeight;
    }

    public void Dispose()
    {
        expected.Dispose();
        Folder.Dispose();
    }

    private int[] Integers(string name) => MemoryMarshal.Cast<byte, int>(expected.ReadBytes(expected.Entries[name])).ToArray();
}
