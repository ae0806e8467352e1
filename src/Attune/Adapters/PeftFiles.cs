using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>Adapters in PEFT's format on disk: adapter_config.json and adapter_model.safetensors.</summary>
public static class PeftFiles
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        // Regular expressions and paths stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Whether a folder holds an adapter.</summary>
    public static bool IsAdapter(string folder) => File.Exists(Path.Combine(folder, PeftNames.ConfigFile));

    /// <summary>Writes the adapter; each file appears whole or not at all.</summary>
    /// <param name="folder">Made if need be.</param>
    /// <param name="adapters">What to write, F32, as trained.</param>
    /// <param name="basePath">Path or name of the base model, for the readers of others.</param>
    public static void Save(string folder, AdapterSet adapters, string basePath)
    {
        adapters = adapters.Options.OnDisk(adapters);
        Directory.CreateDirectory(folder);
        var values = adapters.Parameters.ToDictionary(static p => p.Name, static p => p.Value);
        SafeTensorsWriter.Write(
            Path.Combine(folder, PeftNames.WeightsFile),
            adapters.Infos.Select(static i => new SafeTensorsDeclaration(i.Name, SafeTensorsType.F32, i.Shape)),
            (declared, stream) =>
            {
                var value = values[declared.Name];
                for (var r = 0; r < value.Rows; r++)
                    stream.Write(MemoryMarshal.AsBytes(value.Row<float>(r)));
            },
            new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteText(Path.Combine(folder, PeftNames.ConfigFile), PeftConfig.Describe(adapters, basePath).ToJsonString(Indented) + "\n");
    }

    /// <summary>Keys of adapter_config.json that are set and that Attune does not know: to be warned about, since they may change what the adapter means.</summary>
    public static IReadOnlyList<string> UnknownKeys(string folder) => PeftConfig.UnknownKeys(folder);

    /// <summary>The base model that adapter_config.json names: a path or a name on the Hub; null where it names none.</summary>
    public static string? BasePath(string folder) => JsonView.Read(Path.Combine(folder, PeftNames.ConfigFile)).String("base_model_name_or_path");

    /// <summary>The options in adapter_config.json.</summary>
    /// <exception cref="UserErrorException">Not an adapter of a kind that Attune knows, or one with parts that it cannot apply.</exception>
    public static AdapterOptions ReadOptions(string folder) => PeftConfig.Read(folder).Options;

    /// <summary>The adapter in <paramref name="folder"/>, on <paramref name="model"/>, frozen.</summary>
    /// <exception cref="UserErrorException">It does not fit; every tensor that does not is named.</exception>
    public static AdapterSet Load(string folder, Decoder model)
    {
        var adapters = ReadOptions(folder).Attach(model, AdapterSet.Allocate);
        ReadInto(folder, adapters);
        return adapters;
    }

    /// <summary>Fills the parameters of <paramref name="adapters"/> from the file.</summary>
    /// <exception cref="UserErrorException">It does not fit; every tensor that does not is named.</exception>
    public static void ReadInto(string folder, AdapterSet adapters)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, PeftNames.WeightsFile));
        var problems = new List<Problem>();
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (p, info) in adapters.Parameters.Zip(adapters.Infos))
        {
            read.Add(p.Name);
            if (!file.Entries.TryGetValue(p.Name, out var entry))
                problems.Add(new Problem(file.Path, $"{p.Name} is missing", "target_modules of adapter_config.json names a layer that the file has nothing for: the files do not belong together"));
            else if (!entry.Shape.SequenceEqual(info.Shape))
                problems.Add(new Problem(file.Path, $"{p.Name} has shape [{string.Join(", ", entry.Shape)}], the model and the adapter's settings ask for [{string.Join(", ", info.Shape)}]", "use the base model that the adapter was trained on"));
            else if (problems.Count == 0)
            {
                p.Value.Write(file.ReadFloats(entry));
                p.Changed();
            }
        }
        foreach (var extra in file.Entries.Keys.Where(n => !read.Contains(n)))
            problems.Add(new Problem(file.Path, $"{extra} belongs to no layer of this model", "use the base model that the adapter was trained on"));
        if (problems.Count > 0)
            throw new UserErrorException(problems);
    }
}
