using Attune.Formats;
using Attune.Runs;
using Attune.Runs.Export;

namespace Attune.Tests.Formats;

/// <summary>Names that files are given are made of whole names.</summary>
public class FileStemTests
{
    [Theory]
    [InlineData("models/Llama-3.2-1B", "Llama-3.2-1B")]
    [InlineData("models/Llama-3.1-8B/", "Llama-3.1-8B")]
    [InlineData("qwen2.5-0.5b-q8_0.gguf", "qwen2.5-0.5b-q8_0")]
    [InlineData("data/rows.v2.jsonl.gz", "rows.v2")]
    [InlineData("Rows.CSV", "Rows")]
    [InlineData("model.safetensors", "model")]
    [InlineData(".json", ".json")]
    public void Only_what_says_how_a_file_is_stored_is_no_part_of_its_name(string path, string stem) => Assert.Equal(stem, FileStem.Of(path));

    [Fact]
    public void Two_versions_of_a_model_are_two_names()
    {
        Assert.NotEqual(RunDirectory.Stem("m/Llama-3.2-1B"), RunDirectory.Stem("m/Llama-3.1-8B"));
        Assert.Equal(Path.Combine("out", "Llama-3.2-1B.Modelfile"), Modelfile.PathFor("out/Llama-3.2-1B.gguf"));
        Assert.Equal("Llama-3.2-1B.Modelfile", Modelfile.PathFor("Llama-3.2-1B"));
    }
}
