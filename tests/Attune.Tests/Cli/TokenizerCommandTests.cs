using Attune.Text;

namespace Attune.Tests.Cli;

public sealed class TokenizerCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("attune-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public async Task A_tokenizer_is_trained_on_text_and_rows_and_reads_back()
    {
        var text = Write("a.txt", string.Concat(Enumerable.Repeat("the cat and the hat\n", 20)));
        var rows = Write("b.jsonl", string.Concat(Enumerable.Repeat("{\"prompt\": \"zebra?\", \"completion\": \"zebra!\"}\n", 20)));
        var target = Path.Combine(folder, "out");
        var run = await CliRun.Of("tokenizer", "train", "--data", text, rows, "--vocab", "270", "--out", target, "--special", "<|end|>", "--special", "<|user|>", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(270, run.Json.GetProperty("tokens").GetInt32());
        var tokenizer = Tokenizer.Load(target);
        Assert.Equal(0, tokenizer.EosId);
        Assert.Equal(1, tokenizer.IdOf("<|user|>"));
        var ids = tokenizer.Encode("the zebra<|end|>", addSpecialTokens: false).Ids;
        Assert.InRange(ids.Length, 3, 6);
        Assert.Equal("the zebra<|end|>", tokenizer.Decode(ids, skipSpecialTokens: false));

        var again = await CliRun.Of("tokenizer", "train", "--data", text, "--vocab", "270", "--out", target);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("exists already", again.Error);
    }

    [Fact]
    public async Task The_reference_vocabulary_is_reproduced_from_its_corpus()
    {
        var corpus = SharedData.Require("tokenizers", "bpe-training", "corpus.en");
        var merges = File.ReadAllLines(SharedData.Require("tokenizers", "bpe-training", "train-bpe-reference-merges.txt")).Where(l => l.Length > 0).ToArray();
        var run = await CliRun.Of("tokenizer", "train", "--data", corpus, "--vocab", "500", "--out", folder, "--json");
        Assert.Equal(243, run.Json.GetProperty("merges").GetInt32());
        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        var found = json.RootElement.GetProperty("model").GetProperty("merges").EnumerateArray().Select(m => $"{m[0].GetString()} {m[1].GetString()}");
        Assert.Equal(merges, found);
    }

    [Fact]
    public async Task Pieces_of_a_long_text_give_the_same_vocabulary_as_the_whole()
    {
        // Longer than a block, with runs of blanks and line ends that a careless cut would change.
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"word{i % 7}  and {i % 11}\n" + (i % 5 == 0 ? "\n\n" : i % 3 == 0 ? "  x\n" : "")));
        var file = Write("long.txt", text);
        await CliRun.Of("tokenizer", "train", "--data", file, "--vocab", "300", "--out", folder);
        var whole = BpeTrainer.Train([text], new() { VocabularySize = 300 }, TestContext.Current.CancellationToken);
        Assert.Equal(whole.TokenizerJson + "\n", File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
    }

    [Theory]
    [InlineData("100", "vocabulary size")]
    [InlineData("many", "--vocab")]
    public async Task A_wrong_size_is_exit_2(string size, string message)
    {
        var run = await CliRun.Of("tokenizer", "train", "--data", Write("a.txt", "a b\n"), "--vocab", size, "--out", Path.Combine(folder, "o"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.False(Directory.Exists(Path.Combine(folder, "o")));
    }

    [Fact]
    public async Task A_missing_file_and_bytes_that_are_no_text_are_exit_2()
    {
        var bad = Path.Combine(folder, "bad.txt");
        File.WriteAllBytes(bad, [0x61, 0xff, 0xfe, 0x0a]);
        foreach (var path in (string[])[Path.Combine(folder, "none.txt"), bad])
        {
            var run = await CliRun.Of("tokenizer", "train", "--data", path, "--vocab", "300", "--out", Path.Combine(folder, "o"));
            Assert.Equal(2, run.ExitCode);
            Assert.Contains(path, run.Error);
        }
    }
}
