using Attune.Problems;

namespace Attune.Formats;

/// <summary>
/// The tensors of a model folder as one view: <c>model.safetensors</c> or, where that is absent, the shards that
/// <c>model.safetensors.index.json</c> names. With shards, index and files must agree on every tensor.
/// </summary>
public sealed class SafeTensorsModel : IDisposable
{
    /// <summary>File name of a model in one file.</summary>
    public const string SingleName = "model.safetensors";

    /// <summary>File name of the index of a model in shards.</summary>
    public const string IndexName = "model.safetensors.index.json";

    private readonly List<SafeTensorsFile> files = [];
    private readonly Dictionary<string, SafeTensorsEntry> entries = new(StringComparer.Ordinal);
    private readonly Dictionary<SafeTensorsEntry, SafeTensorsFile> fileOf = [];

    private SafeTensorsModel()
    {
    }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => entries;

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<SafeTensorsFile> Files => files;

    /// <summary>Opens a model folder.</summary>
    /// <exception cref="UserErrorException">No weights, a shard is missing, or index and shards disagree; all disagreements are listed.</exception>
    public static SafeTensorsModel Open(string folder)
    {
        var model = new SafeTensorsModel();
        try
        {
            var (single, index) = (Path.Combine(folder, SingleName), Path.Combine(folder, IndexName));
            if (File.Exists(single))
                model.Add(SafeTensorsFile.Open(single), []);
            else if (File.Exists(index))
                model.AddShards(folder, index);
            else
                throw NoWeights(folder);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The file that holds an entry of this model.</summary>
    public SafeTensorsFile FileOf(SafeTensorsEntry entry) => fileOf.TryGetValue(entry, out var file)
        ? file
        : throw new ArgumentException($"\"{entry.Name}\" is not an entry of this model", nameof(entry));

    /// <inheritdoc cref="SafeTensorsFile.Address"/>
    public nint Address(SafeTensorsEntry entry) => FileOf(entry).Address(entry);

    /// <inheritdoc cref="SafeTensorsFile.ReadBytes"/>
    public byte[] ReadBytes(SafeTensorsEntry entry) => FileOf(entry).ReadBytes(entry);

    /// <inheritdoc cref="SafeTensorsFile.ReadFloats"/>
    public float[] ReadFloats(SafeTensorsEntry entry) => FileOf(entry).ReadFloats(entry);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private void Add(SafeTensorsFile file, List<Problem> problems)
    {
        files.Add(file);
        foreach (var entry in file.Entries.Values)
        {
            if (entries.TryAdd(entry.Name, entry))
                fileOf.Add(entry, file);
            else
                problems.Add(new Problem(
                    $"{file.Path}, tensor \"{entry.Name}\"", $"stands in {FileOf(entries[entry.Name]).Path} too", "remove one of the two shards"));
        }
    }

    private void AddShards(string folder, string index)
    {
        var weightMap = ReadWeightMap(index);
        var problems = new List<Problem>();
        foreach (var shard in weightMap.Values.Distinct().Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, shard);
            if (File.Exists(path))
                Add(SafeTensorsFile.Open(path), problems);
            else
                problems.Add(new Problem(path, $"the shard is missing, although {IndexName} names it", "copy or download it again"));
        }
        // Disagreements over tensors are consequences where a whole shard is missing.
        if (problems.Count == 0)
            Compare(folder, index, weightMap, problems);
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }

    private void Compare(string folder, string index, SortedDictionary<string, string> weightMap, List<Problem> problems)
    {
        const string remedy = "index and shards do not belong together: download the model again";
        foreach (var (name, shard) in weightMap)
        {
            var found = entries.TryGetValue(name, out var entry) ? FileOf(entry).Path : null;
            if (found != Path.Combine(folder, shard))
                problems.Add(new Problem(
                    $"{index}, weight_map, \"{name}\"", $"expected in {shard}, found in {Path.GetFileName(found) ?? "no shard"}", remedy));
        }
        foreach (var entry in entries.Values.Where(e => !weightMap.ContainsKey(e.Name)))
            problems.Add(new Problem($"{FileOf(entry).Path}, tensor \"{entry.Name}\"", $"{IndexName} does not name it", remedy));
    }

    private static SortedDictionary<string, string> ReadWeightMap(string index)
    {
        var map = JsonView.Read(index).RequiredObject("weight_map");
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in map.Json.Select(pair => pair.Key))
        {
            var shard = map.RequiredString(name);
            // A path here would read files outside of the model's folder.
            if (shard.Length == 0 || shard is "." or ".." || shard.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || shard.Contains('\0'))
                throw map.Wrong(name, "the plain name of a file in the same folder", $"\"{shard}\"");
            result.Add(name, shard);
        }
        return result.Count > 0 ? result : throw new UserErrorException(index, "weight_map is empty", "download the model again");
    }

    private static UserErrorException NoWeights(string folder)
    {
        if (!Directory.Exists(folder))
            return new UserErrorException(folder, "there is no such folder", "give the folder of a model: config.json and model.safetensors");
        var pickle = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".bin" or ".pt" or ".pth")
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        return pickle is null
            ? new UserErrorException(folder, $"has neither {SingleName} nor {IndexName}", "give the folder of a model in safetensors")
            : new UserErrorException(
                folder,
                $"has no {SingleName}; {Path.GetFileName(pickle)} is a pickle, which can run code and is not opened",
                "convert it to safetensors");
    }
}
