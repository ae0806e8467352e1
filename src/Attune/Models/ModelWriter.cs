using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Models;

/// <summary>Writes model folders in Hugging Face's form, weight by weight: never more than one is in memory for it.</summary>
public static class ModelWriter
{
    /// <summary>Bytes of weights above which the file is cut into shards, as Hugging Face's own writer does.</summary>
    public const long DefaultShardBytes = 5_000_000_000;

    // Everything beside config.json and the weights that belongs to a model.
    private static readonly string[] Copied =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
        "vocab.json", "merges.txt", "tokenizer.model",
    ];

    /// <summary>
    /// Writes the folder: everything is made beside it and then moved into its place, config.json last, so that a folder that opens is whole.
    /// </summary>
    /// <param name="folder">Made if need be; files of an earlier model in it are replaced.</param>
    /// <param name="source">Gives configuration, tokenizer and chat template.</param>
    /// <param name="values">The values of a weight in any floating type, asked once each, needed until the next is asked for.</param>
    /// <param name="type">F32, BF16 or F16; rounded to the nearest, ties to even.</param>
    /// <param name="shardBytes">Bytes of weights per file at the most, if one weight is not longer.</param>
    /// <exception cref="RunFailedException">The disk is full, the place cannot be written to, or a value is too large for F16.</exception>
    public static void Save(
        string folder, ModelFolder source, Func<ParameterInfo, Tensor> values, SafeTensorsType type, long shardBytes = DefaultShardBytes)
    {
        if (type is not (SafeTensorsType.F32 or SafeTensorsType.BF16 or SafeTensorsType.F16))
            throw new ArgumentOutOfRangeException(nameof(type), type, "weights are written as F32, BF16 or F16");
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var staging = target + ".partial";
        try
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
            Directory.CreateDirectory(staging);
            WriteWeights(staging, source, values, type, shardBytes);
            foreach (var name in Copied.Where(source.Files.Has))
                AtomicFile.WriteBytes(Path.Combine(staging, name), source.Files.Read(name));
            WriteConfig(staging, source, type);
            Publish(staging, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(new Problem(folder, $"cannot be written: {e.Message}", "check the folder, its permissions and the disk"), e);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }
    }

    private static void WriteWeights(string folder, ModelFolder source, Func<ParameterInfo, Tensor> values, SafeTensorsType type, long shardBytes)
    {
        var shards = Shards(source.Parameters, type, shardBytes);
        var weightMap = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = shards.Count == 1
                ? SafeTensorsModel.SingleName
                : string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            var byName = shards[i].ToDictionary(source.NameInFile);
            SafeTensorsWriter.Write(
                Path.Combine(folder, name),
                shards[i].Select(p => new SafeTensorsDeclaration(source.NameInFile(p), type, IsTurned(source, p) ? [p.Cols, p.Rows] : p.Shape)),
                (declared, stream) => WeightEncoder.Write(
                    declared.Name, values(byName[declared.Name]), type, IsTurned(source, byName[declared.Name]), stream),
                new Dictionary<string, string> { ["format"] = "pt" });
            foreach (var inFile in byName.Keys)
                weightMap.Add(inFile, name);
        }
        if (shards.Count == 1)
            return;
        var index = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = source.Parameters.Sum(p => Bytes(p, type)) },
            ["weight_map"] = new JsonObject(weightMap.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
        };
        AtomicFile.WriteText(Path.Combine(folder, SafeTensorsModel.IndexName), index.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n");
    }

    private static bool IsTurned(ModelFolder source, ParameterInfo info) => source.HoldsTransposes && info.Role == ParameterRole.Matrix;

    private static List<List<ParameterInfo>> Shards(IReadOnlyList<ParameterInfo> infos, SafeTensorsType type, long most)
    {
        var shards = new List<List<ParameterInfo>> { new() };
        long filled = 0;
        foreach (var info in infos)
        {
            if (filled > 0 && filled + Bytes(info, type) > most)
            {
                shards.Add([]);
                filled = 0;
            }
            shards[^1].Add(info);
            filled += Bytes(info, type);
        }
        return shards;
    }

    private static long Bytes(ParameterInfo info, SafeTensorsType type) => (long)info.Rows * info.Cols * type.ByteSize();

    private static void WriteConfig(string folder, ModelFolder source, SafeTensorsType type)
    {
        if (source.Config.WeightType == type && source.Config.TieWordEmbeddings == source.Spec.TiedHead)
        {
            AtomicFile.WriteBytes(Path.Combine(folder, HfConfig.FileName), source.Files.Read(HfConfig.FileName));
            return;
        }
        // A copy: the source's configuration stays what its file says.
        var keys = JsonView.Parse(source.Config.Keys.File, Encoding.UTF8.GetBytes(source.Config.Keys.ToText()));
        keys.Json["tie_word_embeddings"] = source.Spec.TiedHead;
        keys.Json[keys.Json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = type switch
        {
            SafeTensorsType.BF16 => "bfloat16",
            SafeTensorsType.F16 => "float16",
            _ => "float32",
        };
        HfConfig.From(keys).WriteFolder(folder);
    }

    private static void Publish(string staging, string target)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(staging, target);
            return;
        }
        // Without its config.json the folder is no model while its files change.
        File.Delete(Path.Combine(target, HfConfig.FileName));
        var stale = Directory.EnumerateFiles(target, "model*.safetensors")
            .Concat(Copied.Append(SafeTensorsModel.IndexName).Select(n => Path.Combine(target, n)).Where(File.Exists));
        foreach (var file in stale.ToArray())
            File.Delete(file);
        foreach (var file in Directory.EnumerateFiles(staging).OrderBy(static f => Path.GetFileName(f) == HfConfig.FileName).ToArray())
            File.Move(file, Path.Combine(target, Path.GetFileName(file)));
    }
}
