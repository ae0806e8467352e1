using System.Text.Json.Nodes;
using Attune.Models;
using Attune.Models.Gguf;
using Attune.Tests.Formats;
using Attune.Text;

namespace Attune.Tests.Models.Gguf;

/// <summary>Fixtures with a tokenizer of as many tokens as they have, and as GGUF files.</summary>
internal sealed class GgufModels : IDisposable
{
    private readonly TempFolder temp = new();
    private readonly List<ModelFolder> open = [];

    public string File(string name) => temp.File(name);

    /// <summary>The folder of a fixture, a tokenizer in it.</summary>
    public ModelFolder Folder(string fixture)
    {
        var path = temp.File(fixture);
        Directory.CreateDirectory(path);
        foreach (var file in Directory.GetFiles(ModelFixture.PathOf(fixture)))
            System.IO.File.Copy(file, Path.Combine(path, Path.GetFileName(file)), overwrite: true);
        using (var folder = ModelFolder.Open(path))
            System.IO.File.WriteAllText(Path.Combine(path, "tokenizer.json"), Letters(folder.Spec.Vocabulary));
        return Keep(ModelFolder.Open(path));
    }

    /// <summary>The model as a GGUF file, opened.</summary>
    public ModelFolder Gguf(ModelFolder source, string mixture, Func<ParameterInfo, Engine.Tensor>? values = null)
    {
        var path = temp.File($"{Path.GetFileName(source.Path)}-{mixture}.gguf");
        GgufModelWriter.Write(
            path, source, values ?? source.Weight, GgufMixture.All.Single(m => m.Name == mixture), new GgufCompanions("test", Tokenizer.Load(source.Files), [], null));
        return Keep(ModelFolder.Open(path));
    }

    public void Dispose()
    {
        foreach (var folder in open)
            folder.Dispose();
        temp.Dispose();
    }

    private ModelFolder Keep(ModelFolder folder)
    {
        open.Add(folder);
        return folder;
    }

    private static string Letters(int count)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < count; id++)
            vocabulary[((char)('\u4e00' + id)).ToString()] = id;
        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        }.ToJsonString();
    }
}
