using System.Text.Json.Nodes;
using Attune.Problems;
using Attune.Text;

namespace Attune.Tests.Text;

/// <summary>What tokenizer.json may say, and what is said back where it is wrong.</summary>
public class TokenizerFileTests
{
    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "expected an object, found array")]
    [InlineData("{}", "the key \"model\" is missing")]
    [InlineData("""{"model": {"type": "Unigram", "vocab": []}}""", "the model \"Unigram\" is not supported; supported are BPE")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}""", "model.vocab: expected a whole number from 0")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 99999999999}, "merges": []}}""", "found 99999999999")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}}""", "the tokens \"a\" and \"b\" have the same id, 0")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}""", "model.merges[0]: the token \"b\" of this merge is not in the vocabulary")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a", "a"]]}}""", "expected a merge of two tokens, found 3")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "?"}}""", "the unknown token \"?\" is not in the vocabulary")]
    [InlineData("""{"normalizer": {"type": "Precompiled"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "normalizer.type: the normalizer \"Precompiled\" is not supported; supported are Lowercase, NFC")]
    [InlineData("""{"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "the regular expression (a is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "Odd"}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "the behaviour \"Odd\" is not known")]
    [InlineData("""{"added_tokens": [{"id": 0, "content": "b"}], "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "the id 0 of the added token \"b\" belongs to \"a\"")]
    [InlineData("""{"added_tokens": [{"id": 5, "content": "a"}], "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}""", "has the id 5 here and 0 in the vocabulary")]
    [InlineData("""{"post_processor": {"type": "TemplateProcessing", "single": [], "special_tokens": {}}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "expected one Sequence in the template, found 0")]
    [InlineData("""{"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"ids": [7]}}}, "model": {"type": "BPE", "vocab": {}, "merges": []}}""", "it adds the id 7, which no token has")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {"\ud800": 0}, "merges": []}}""", "half of a surrogate pair")]
    public void A_malformed_file_is_a_user_error_that_names_the_key(string json, string message) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => Tokenizer.Parse(json, null, "tokenizer.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_a_user_error() =>
        Assert.Contains("tokenizer.json: the file is missing", Assert.Throws<UserErrorException>(() => Tokenizer.Load("no-such-folder")).Message, StringComparison.Ordinal);

    [Fact]
    public void Cutting_a_real_file_anywhere_is_an_error_and_never_a_crash()
    {
        var json = TinyTokenizer.Json(
            TinyTokenizer.Letters("ab"), normalizer: """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Prepend", "prepend": "a"}]}""",
            preTokenizer: """{"type": "Metaspace"}""", decoder: """{"type": "Strip", "content": "a", "start": 1, "stop": 0}""");
        var root = JsonNode.Parse(json)!;
        for (var length = 0; length < json.Length; length++) Assert.Throws<UserErrorException>(() => TinyTokenizer.Parse(json[..length]));
        foreach (var wrong in (JsonNode?[])["text", 5, true, new JsonArray(1), new JsonObject()])
        {
            foreach (var key in (string[])["model", "normalizer", "pre_tokenizer", "decoder", "added_tokens"])
            {
                var changed = root.DeepClone();
                changed[key] = wrong?.DeepClone();
                if (key == "added_tokens" && wrong is JsonArray) changed[key] = new JsonArray("text");
                Assert.Throws<UserErrorException>(() => TinyTokenizer.Parse(changed.ToJsonString()));
            }
        }
    }

    [Fact]
    public void Special_tokens_come_from_the_configuration_and_then_from_the_map()
    {
        var folder = Directory.CreateTempSubdirectory();
        File.WriteAllText(Path.Combine(folder.FullName, "tokenizer.json"), TinyTokenizer.Json(["<s>", "</s>", "<pad>", "a"]));
        File.WriteAllText(Path.Combine(folder.FullName, "tokenizer_config.json"), """{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "unk_token": "<none>"}""");
        File.WriteAllText(Path.Combine(folder.FullName, "special_tokens_map.json"), """{"eos_token": "a", "pad_token": {"content": "<pad>"}}""");
        var tokenizer = Tokenizer.Load(folder.FullName);
        folder.Delete(recursive: true);
        Assert.Equal([0, 1, 2, null], (int?[])[tokenizer.BosId, tokenizer.EosId, tokenizer.PadId, tokenizer.UnknownId]);
        Assert.Equal(64, tokenizer.Hash.Length);
    }

    [Theory]
    [InlineData("""{}""", "abxc", "0 1 2")]
    [InlineData("""{"unk_token": "?"}""", "axxb", "0 3 3 1")]
    [InlineData("""{"unk_token": "?", "fuse_unk": true}""", "axxb", "0 3 1")]
    [InlineData("""{"byte_fallback": true, "unk_token": "?"}""", "aéx", "0 5 6 3")]
    public void Characters_outside_the_vocabulary_become_bytes_or_unknown_or_nothing(string switches, string text, string ids)
    {
        var tokenizer = TinyTokenizer.Parse(TinyTokenizer.Json(["a", "b", "c", "?", "ab", "<0xC3>", "<0xA9>"], switches: switches));
        Assert.Equal(ids, string.Join(' ', tokenizer.Encode(text, false).Ids));
    }

    [Fact]
    public void Merges_go_by_rank_then_from_the_left_and_may_be_ignored()
    {
        string[] vocabulary = ["a", "b", "ab", "ba", "bab", "aba"];
        Assert.Equal([3, 3], TinyTokenizer.Parse(TinyTokenizer.Json(vocabulary, ["b a", "a b"])).Encode("baba", false).Ids);
        Assert.Equal([2, 0], TinyTokenizer.Parse(TinyTokenizer.Json(vocabulary, ["a b", "b a"])).Encode("aba", false).Ids);
        Assert.Equal([5], TinyTokenizer.Parse(TinyTokenizer.Json(vocabulary, ["a b", "b a"], switches: """{"ignore_merges": true}""")).Encode("aba", false).Ids);
    }

    [Fact]
    public void Template_processing_puts_tokens_on_both_sides()
    {
        const string Post = """
            {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": ">", "type_id": 0}}],
             "special_tokens": {"<": {"id": "<", "ids": [1]}, ">": {"id": ">", "ids": [2, 2]}}}]}
            """;
        var tokenizer = TinyTokenizer.Parse(TinyTokenizer.Json(["a", "<", ">"], postProcessor: Post));
        Assert.Equal([1, 0, 2, 2], tokenizer.Encode("a", true).Ids);
        Assert.Equal([new(0, 0), new(0, 1), new(1, 1), new(1, 1)], tokenizer.Encode("a", true).Offsets);
        Assert.Equal([0], tokenizer.Encode("a", false).Ids);
    }
}
