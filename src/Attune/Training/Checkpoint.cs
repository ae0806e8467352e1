using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Training;

/// <summary>
/// Checkpoints of a run, under <c>checkpoints/</c>: weights, moments and state in one safetensors file each, so that a file that is
/// there is whole. The two newest are kept, and the best weights beside them.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="identity">What a resumed run must agree on: a hash of model, data and settings.</param>
/// <param name="arithmetic">What the numbers are computed with, in words: a resumed run must agree on it too, unless <paramref name="anyArithmetic"/>.</param>
/// <param name="anyArithmetic">Take checkpoints of another arithmetic as well.</param>
public sealed class Checkpoints(string folder, string identity, string arithmetic, bool anyArithmetic = false)
{
    private const string Prefix = "step-";
    private const string Suffix = ".safetensors";
    private const int Kept = 2;

    private readonly string root = Path.Combine(folder, "checkpoints");

    /// <summary>Where the best weights are kept.</summary>
    public string BestPath => Path.Combine(root, "best" + Suffix);

    /// <summary>The newest checkpoint, or null.</summary>
    public string? Newest => Directory.Exists(root)
        ? Directory.EnumerateFiles(root, Prefix + "*" + Suffix).OrderByDescending(StepOf).FirstOrDefault()
        : null;

    /// <summary>Bytes that a run's checkpoints take at the most, for the look at the disk before it starts.</summary>
    /// <param name="trainedBytes">Bytes of the trained weights, F32.</param>
    /// <param name="momentBytes">Bytes of the optimizer's moments.</param>
    public static long BytesFor(long trainedBytes, long momentBytes) => (Kept + 1) * (trainedBytes + momentBytes) + trainedBytes;

    /// <summary>Saves everything; the file appears when it is complete.</summary>
    public string Save(TrainedWeights weights, TrainingState state)
    {
        var path = Path.Combine(root, Prefix + state.Step.ToString("D7", CultureInfo.InvariantCulture) + Suffix);
        Write(path, weights, state, withMoments: true);
        foreach (var old in Directory.EnumerateFiles(root, Prefix + "*" + Suffix).OrderByDescending(StepOf).Skip(Kept).ToArray())
            File.Delete(old);
        return path;
    }

    /// <summary>Saves the weights alone as the best.</summary>
    public void SaveBest(TrainedWeights weights, TrainingState state) => Write(BestPath, weights, state, withMoments: false);

    /// <summary>Makes sure that the run can go on from a checkpoint; reads its header only.</summary>
    /// <exception cref="UserErrorException">It belongs to another run, or was computed with another arithmetic.</exception>
    public void Require(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        Require(file, path);
    }

    /// <summary>Fills <paramref name="weights"/> from a checkpoint, and returns its state.</summary>
    /// <exception cref="UserErrorException">It belongs to another run, or was computed with another arithmetic.</exception>
    public TrainingState Load(string path, TrainedWeights weights)
    {
        using var file = SafeTensorsFile.Open(path);
        Require(file, path);
        foreach (var (name, tensor) in Tensors(weights, withMoments: file.Metadata.ContainsKey("moments")))
        {
            if (!file.Entries.TryGetValue(name, out var entry) || entry.Type != TypeOf(tensor) || entry.ElementCount != tensor.Count)
                throw new UserErrorException(path, $"{name} is missing or has another size", "the checkpoint is damaged: delete it, and the one before it is used");
            // From the mapped file: a second copy in managed memory would stand in no plan.
            var stored = Tensor.Over(Storage.Foreign(file.Address(entry), entry.ByteLength, file), 0, tensor.Type, tensor.Rows, tensor.Cols);
            if (tensor.Type == DType.U8)
                stored.Row<byte>(0).CopyTo(tensor.Row<byte>(0));
            else
                stored.Row<float>(0).CopyTo(tensor.Row<float>(0));
        }
        foreach (var p in weights.Parameters)
            p.Changed();
        return ReadState(file.Metadata, path);
    }

    /// <summary>Deletes what only a running run needs; the best weights have been put where they belong.</summary>
    public void Clear()
    {
        if (Directory.Exists(root))
            Directory.Delete(root, recursive: true);
    }

    private void Require(SafeTensorsFile file, string path)
    {
        if (file.Metadata.GetValueOrDefault("identity") != identity)
        {
            throw new UserErrorException(
                path,
                "was made with another model, other data or other settings; going on would not be the same run",
                "resume with the recipe in the run's folder, unchanged, or begin a new run with another output");
        }
        if (file.Metadata.GetValueOrDefault("arithmetic") is var other && other != arithmetic && !anyArithmetic)
        {
            throw new UserErrorException(
                path,
                $"was computed with {other ?? "arithmetic that it does not name"}, and going on here would be with {arithmetic}: not the same run, bit for bit",
                "resume on such a machine and with the train.compute of the run's recipe; or add --force to go on all the same");
        }
    }

    private static IEnumerable<(string Name, Tensor Row)> Tensors(TrainedWeights weights, bool withMoments)
    {
        foreach (var bucket in weights.Buckets)
        {
            var group = bucket.Name;
            yield return ($"{group}.values", bucket.Values);
            if (!withMoments)
                continue;
            foreach (var (name, row) in bucket.Moments)
                yield return ($"{group}.{name}", row);
        }
    }

    /// <summary>The step of a checkpoint, by its name.</summary>
    public static int StepOf(string path) =>
        int.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length, 7), CultureInfo.InvariantCulture, out var step) ? step : -1;

    private static TrainingState ReadState(IReadOnlyDictionary<string, string> metadata, string path)
    {
        var view = JsonView.Parse(path, System.Text.Encoding.UTF8.GetBytes(metadata.GetValueOrDefault("state") ?? "{}"));
        return new TrainingState(
            view.RequiredInt("step", 0), view.RequiredInt("epoch", 0), view.RequiredInt("step_in_epoch", 0),
            view.Double("best_loss"), view.RequiredInt("best_step", 0), view.RequiredInt("worse", 0), view.RequiredDouble("seconds", 0),
            view.RequiredInt("validated_step", 0));
    }

    private static SafeTensorsType TypeOf(Tensor row) => row.Type == DType.U8 ? SafeTensorsType.U8 : SafeTensorsType.F32;

    // In pieces: a bucket of more than 2 GB is no span of bytes.
    private static void WriteRow<T>(ReadOnlySpan<T> row, Stream stream) where T : unmanaged
    {
        const int piece = 1 << 20;
        for (var start = 0; start < row.Length; start += piece)
            stream.Write(MemoryMarshal.AsBytes(row.Slice(start, Math.Min(piece, row.Length - start))));
    }

    private void Write(string path, TrainedWeights weights, TrainingState state, bool withMoments)
    {
        var tensors = Tensors(weights, withMoments).ToDictionary(static t => t.Name, static t => t.Row);
        var metadata = new Dictionary<string, string>
        {
            ["identity"] = identity,
            ["arithmetic"] = arithmetic,
            ["state"] = new JsonObject
            {
                ["step"] = state.Step,
                ["epoch"] = state.Epoch,
                ["step_in_epoch"] = state.StepInEpoch,
                ["best_loss"] = state.BestLoss,
                ["best_step"] = state.BestStep,
                ["worse"] = state.Worse,
                ["seconds"] = state.Seconds,
                ["validated_step"] = state.ValidatedStep,
            }.ToJsonString(),
        };
        if (withMoments)
            metadata["moments"] = "yes";
        SafeTensorsWriter.Write(
            path,
            tensors.Select(static t => new SafeTensorsDeclaration(t.Key, TypeOf(t.Value), [t.Value.Count])),
            (declared, stream) =>
            {
                if (declared.Type == SafeTensorsType.U8)
                    WriteRow<byte>(tensors[declared.Name].Row<byte>(0), stream);
                else
                    WriteRow<float>(tensors[declared.Name].Row<float>(0), stream);
            },
            metadata);
    }
}
