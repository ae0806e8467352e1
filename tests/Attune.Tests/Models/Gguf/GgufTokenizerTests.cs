using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Models;
using Attune.Models.Gguf;
using Attune.Problems;
using Attune.Tests.Formats;
using Attune.Text;

namespace Attune.Tests.Models.Gguf;

/// <summary>Tokenizers into GGUF and back, and those of files that others made.</summary>
public sealed class GgufTokenizerTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    /// <summary>llama.cpp's own test strings and its own ids for them.</summary>
    [Theory]
    [InlineData("llama-spm")]
    [InlineData("phi-3")]
    [InlineData("gpt-2")]
    [InlineData("starcoder")]
    public void Vocabularies_of_llama_cpp_give_its_ids(string name)
    {
        const string separator = "\n__ggml_vocab_test__\n";
        var path = SharedData.Require("tokenizers", "gguf-vocab", $"ggml-vocab-{name}.gguf");
        var tokenizer = Tokenizer.Load(ModelFolder.TokenizerFiles(path));
        var texts = File.ReadAllText(path + ".inp").Split(separator)[..^1];
        var lines = File.ReadAllLines(path + ".out");
        Assert.Equal(texts.Length, lines.Length);
        for (var i = 0; i < texts.Length; i++)
            Assert.Equal(lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse), tokenizer.Encode(texts[i], addSpecialTokens: false).Ids);
    }

    /// <summary>Through a file and back, three hundred strings have the same ids; composed and without special tokens, which GGUF says less of.</summary>
    [Theory]
    [InlineData("tokenizers/qwen2.5")]
    [InlineData("tokenizers/gpt2")]
    [InlineData("tokenizers/phi-3-mini")]
    [InlineData("models/stories260K")]
    [InlineData("models/tinystories-656K")]
    public void A_tokenizer_survives(string place)
    {
        var folder = SharedData.Require(place.Split('/'));
        var before = Tokenizer.Load(folder);
        var after = Through(ModelFiles.InFolder(folder));
        var expected = Directory.GetFiles(folder, "*expected.jsonl").Single();
        var compared = 0;
        foreach (var line in File.ReadLines(expected))
        {
            var text = JsonDocument.Parse(line).RootElement.GetProperty("text").GetString()!;
            if (text.Contains('<', StringComparison.Ordinal) || text.EnumerateRunes().Any(MayBeComposed))
                continue;
            Assert.Equal(before.Encode(text, true).Ids, after.Encode(text, true).Ids);
            compared++;
        }
        Assert.InRange(compared, 100, 300);
        Assert.Equal((before.BosId, before.EosId, before.UnknownId), (after.BosId, after.EosId, after.UnknownId));
    }

    [Fact]
    public void A_way_to_cut_words_without_a_name_is_refused()
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "models", "attune-base", "tokenizer.json")))!;
        json["pre_tokenizer"] = JsonNode.Parse("""{"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""");
        var files = ModelFiles.Made("made", new Dictionary<string, byte[]> { ["tokenizer.json"] = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()) });
        var e = Assert.Throws<UserErrorException>(() => Through(files));
        Assert.Contains("no name for", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_base_is_cut_as_smollm_is()
    {
        var files = ModelFiles.InFolder(Path.Combine(SharedData.RepositoryRoot, "models", "attune-base"));
        var tokenizer = Tokenizer.Load(files);
        var entries = new GgufTokenizerWriter(files, tokenizer).Entries(tokenizer.VocabularySize + 2, [0, 4], ChatTemplate.FromModel(files)).ToDictionary(static e => e.Key, static e => e.Value);
        Assert.Equal(("gpt2", "smollm"), (entries["tokenizer.ggml.model"], entries["tokenizer.ggml.pre"]));
        Assert.Equal((0u, 4u), (entries["tokenizer.ggml.eos_token_id"], entries["tokenizer.ggml.eot_token_id"]));
        Assert.Equal(ChatTemplate.FromModel(files)!.Source, entries["tokenizer.chat_template"]);
        var (tokens, kinds) = ((string[])entries["tokenizer.ggml.tokens"], (int[])entries["tokenizer.ggml.token_type"]);
        Assert.Equal(("[PAD4097]", 5), (tokens[^1], kinds[^1]));
        Assert.Equal([3, 3, 3, 3, 3, 1], kinds[..6]);
    }

    // What NFC, which llama.cpp leaves out, may change: marks, parts of Hangul, compatibility ideographs, the Kelvin, Ohm and Ångström signs.
    private static bool MayBeComposed(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        || rune.Value is (>= 0x1100 and < 0x1200) or (>= 0x2120 and < 0x2130) or (>= 0xF900 and < 0xFB00) or >= 0x2F800 and < 0x2FA20;

    private Tokenizer Through(ModelFiles files)
    {
        var tokenizer = Tokenizer.Load(files);
        var path = temp.File("vocabulary.gguf");
        var entries = new GgufTokenizerWriter(files, tokenizer).Entries(tokenizer.VocabularySize, [], null);
        GgufWriter.Write(path, [new("general.architecture", "llama"), .. entries], [new("empty", DType.F32, [1])], static (_, stream) => stream.Write(new byte[4]));
        return Tokenizer.Load(ModelFolder.TokenizerFiles(path));
    }
}
