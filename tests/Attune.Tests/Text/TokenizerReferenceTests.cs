using System.Text.Json;

namespace Attune.Tests.Text;

/// <summary>Ids and texts equal those of the reference implementation, string by string.</summary>
public class TokenizerReferenceTests
{
    public static TheoryData<string, string> Expected => new()
    {
        { "tokenizers/gpt2", "expected.jsonl" },
        { "tokenizers/qwen2.5", "expected.jsonl" },
        { "tokenizers/phi-3-mini", "expected.jsonl" },
        { "models/stories260K", "tokenizer-expected.jsonl" },
        { "models/tinystories-656K", "tokenizer-expected.jsonl" },
    };

    public static TheoryData<string, string> Vocabularies => new() { { "gpt2", "gpt-2" }, { "phi-3-mini", "phi-3" }, { "qwen2.5", "qwen2" }, { "phi-3-mini", "llama-spm" } };

    [Theory]
    [MemberData(nameof(Expected))]
    public void Ids_and_texts_equal_the_reference(string folder, string file)
    {
        var tokenizer = LoadedTokenizers.Get(folder);
        var wrong = new List<string>();
        var cases = File.ReadAllLines(SharedData.Require(folder, file));
        foreach (var line in cases)
        {
            using var document = JsonDocument.Parse(line);
            var expected = document.RootElement;
            var text = expected.GetProperty("text").GetString()!;
            var ids = Ids(expected.GetProperty("ids"));
            var withSpecial = Ids(expected.GetProperty("ids_with_special"));
            if (!tokenizer.Encode(text, false).Ids.SequenceEqual(ids)) wrong.Add($"ids of {line}: {string.Join(',', tokenizer.Encode(text, false).Ids)}");
            if (!tokenizer.Encode(text, true).Ids.SequenceEqual(withSpecial)) wrong.Add($"ids_with_special of {line}");
            if (tokenizer.Decode(ids, false) != expected.GetProperty("decoded").GetString()) wrong.Add($"decoded of {line}: {tokenizer.Decode(ids, false)}");
            if (tokenizer.Decode(withSpecial, true) != expected.GetProperty("decoded_skip_special").GetString()) wrong.Add($"decoded_skip_special of {line}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} differences, the first: {string.Join('\n', wrong.Take(5))}");
        Assert.Equal(300, cases.Length);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void Ids_equal_those_of_the_gguf_vocabularies(string tokenizer, string name)
    {
        var loaded = LoadedTokenizers.Get("tokenizers", tokenizer);
        var path = SharedData.Require("tokenizers", "gguf-vocab", $"ggml-vocab-{name}.gguf.inp");
        var texts = File.ReadAllText(path).Split("\n__ggml_vocab_test__\n");
        var lines = File.ReadAllLines(Path.ChangeExtension(path, "out"));
        Assert.Equal(47, texts.Length);
        foreach (var (text, line) in texts.Zip(lines))
            Assert.Equal(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), loaded.Encode(text, false).Ids);
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
