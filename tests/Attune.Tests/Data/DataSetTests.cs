using Attune.Data;
using Attune.Text;

namespace Attune.Tests.Data;

public class DataSetTests : TempFiles
{
    private static readonly Tokenizer Tiny = TinyTokenizer.Make();

    private static string Text(Example example, bool trained) =>
        Tiny.Decode([.. example.Ids.Where((_, i) => example.Trained[i] == trained)], skipSpecialTokens: false);

    private DataSet Read(string rows, TruncationPolicy policy = TruncationPolicy.Drop, int most = 256, Tokenizer? tokenizer = null) =>
        Load(Write("d.jsonl", rows), tokenizer ?? Tiny, null, new DataOptions { MaxLength = most, Truncation = policy });

    private static string Row(string prompt, string completion) => $$"""{"prompt": "{{prompt}}", "completion": "{{completion}}"}""";

    [Fact]
    public void Without_a_template_a_completion_and_the_end_token_are_learned()
    {
        var example = Assert.Single(Read(Row("Question?\\n", "Answer.")).Examples);
        Assert.Equal("Question?\n", Text(example, trained: false));
        Assert.Equal("Answer.<|eos|>", Text(example, trained: true));
    }

    /// <summary>What is known of a row beside its tokens (choices, a teacher's reading, an answer) is found by file and number.</summary>
    [Fact]
    public void Rows_of_two_files_of_one_name_are_told_apart()
    {
        DataSource[] sources = [Write("2023/d.jsonl", Row("a\\n", "b")), Write("2024/d.jsonl", Row("c\\n", "d"))];
        var examples = DataSet.Load(sources, Tiny, null, new DataOptions { MaxLength = 256 }, TestContext.Current.CancellationToken).Examples;
        var answers = RowColumn.Read(sources, "completion");
        Assert.Equal(["b", "d"], examples.Select(e => answers[(e.File, e.Row)]!.GetValue<string>()));
        Assert.Equal(["2023/d.jsonl", "2024/d.jsonl"], examples.Select(static e => e.File));
    }

    [Fact]
    public void Tools_that_no_template_writes_are_reported()
    {
        const string Tools = """[{\"name\": \"f\", \"parameters\": {}}]""";
        var rows = Row("a\\n", "b") + "\n" + Row("c\\n", "d")[..^1] + $", \"tools\": \"{Tools}\"}}";
        Assert.Equal("there is no chat template to write `tools`, which 1 row carries: the model is not told of its tools", Assert.Single(Read(rows).Report.Warnings));
        Assert.Empty(Read(Row("a\\n", "b")).Report.Warnings);
    }

    [Fact]
    public void A_conversation_without_a_template_is_refused_with_both_remedies()
    {
        var problem = Assert.Single(Refused(() => Read("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}""")));
        Assert.Contains("no chat template", problem.Message, StringComparison.Ordinal);
        Assert.Contains("chatml", problem.Remedy, StringComparison.Ordinal);
        Assert.Contains("template file", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("SilentFailure", "19")]
    public void A_document_is_learned_from_its_first_target_to_the_end_token(bool bos)
    {
        var tokenizer = TinyTokenizer.Make(bos);
        var example = Assert.Single(Read("""{"text": "xyz"}""", tokenizer: tokenizer).Examples);
        Assert.Equal(bos ? "<|bos|>xyz<|eos|>" : "xyz<|eos|>", tokenizer.Decode(example.Ids, false));
        Assert.Equal(example.Ids.Length - 1, example.TrainedTokens);
        Assert.False(example.Trained[0]);
    }

    [Theory]
    [InlineData("""{"a": "x", "b": "y"}""", "--columns prompt='a' completion='b'")]
    [InlineData("""{"zq": "x"}""", "--columns text='zq'")]
    public void Fields_that_resemble_nothing_get_the_flags_that_say_what_they_are(string row, string flags) =>
        Assert.Contains(flags, Assert.Single(Refused(() => Read(row))).Remedy, StringComparison.Ordinal);

    [Fact]
    public void Fields_that_nothing_reads_are_named_together_where_they_stand_in_equally_many_rows()
    {
        var rows = string.Join('\n', """{"prompt": "a\n", "completion": "b", "x": 1, "y": 2, "z": 3}""", """{"prompt": "c\n", "completion": "d", "x": 1, "y": 2}""");
        Assert.Equal(
            ["d.jsonl: the fields `x` and `y` (2 rows) are not used by the shape `completion`", "d.jsonl: the field `z` (1 row) is not used by the shape `completion`"],
            Read(rows).Report.Warnings);
    }

    [Fact]
    public void A_long_document_is_cut_into_pieces_that_teach_every_token_once()
    {
        var text = new string([.. Enumerable.Range(0, 1000).Select(i => (char)('!' + i % 90))]);
        var data = Load(Write("d.txt", text), options: new DataOptions { MaxLength = 64 });
        Assert.All(data.Examples, e => Assert.InRange(e.Ids.Length, 2, 64));
        Assert.Equal(Tiny.Encode(text, false).Ids.Skip(1).Append(Tiny.EosId!.Value), data.Examples.SelectMany(e => e.Ids.Where((_, i) => e.Trained[i])));
        Assert.Contains(data.Report.Warnings, w => w.Contains("cut into 16 pieces", StringComparison.Ordinal));
        Assert.Equal(0, data.Report.DroppedTooLong);
    }

    [Theory]
    [InlineData(TruncationPolicy.Drop, 1, 2, 0)]
    [InlineData(TruncationPolicy.PromptLeft, 2, 1, 1)]
    [Trait("SilentFailure", "3")]
    public void Rows_that_are_too_long_follow_the_policy_and_are_counted(TruncationPolicy policy, int kept, int dropped, int shortened)
    {
        var data = Read(Row("q:", "fine") + "\n" + Row(new string('p', 50), "tail") + "\n" + Row("q:", new string('c', 50)), policy, most: 20);
        Assert.Equal((kept, dropped, shortened), (data.Examples.Count, data.Report.DroppedTooLong, data.Report.Shortened));
        Assert.Equal(3, data.Report.Rows);
        Assert.Equal(3, data.Report.Lengths.Count);
        Assert.All(data.Examples, e => Assert.True(e.Ids.Length <= 20 && e.TrainedTokens == 5));
        Assert.All(data.Examples, e => Assert.EndsWith("<|eos|>", Text(e, trained: true), StringComparison.Ordinal));
    }

    [Fact]
    [Trait("SilentFailure", "3")]
    public void The_prompt_is_cut_from_the_left_and_a_BOS_stays()
    {
        var tokenizer = TinyTokenizer.Make(bos: true);
        var example = Assert.Single(Read(Row("0123456789", "xyz"), TruncationPolicy.PromptLeft, most: 8, tokenizer).Examples);
        Assert.Equal("<|bos|>789xyz<|eos|>", tokenizer.Decode(example.Ids, false));
        Assert.Equal([false, false, false, false, true, true, true, true], example.Trained);
    }

    [Fact]
    [Trait("SilentFailure", "3")]
    public void The_error_policy_names_every_row()
    {
        var problems = Refused(() => Read(Row("q", "fine") + "\n" + Row("q", new string('c', 30)) + "\n" + Row("q", new string('d', 30)), TruncationPolicy.Error, most: 20));
        Assert.Equal(["d.jsonl, row 2", "d.jsonl, row 3"], problems.Select(p => p.Place));
        Assert.Contains("32 tokens", problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("data.truncation", problems[0].Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TruncationPolicy.Drop)]
    [InlineData(TruncationPolicy.Error)]
    [InlineData(TruncationPolicy.PromptLeft)]
    [Trait("SilentFailure", "3")]
    public void If_all_rows_are_too_long_the_error_shows_a_histogram_and_the_remedy(TruncationPolicy policy)
    {
        var rows = string.Join('\n', Enumerable.Range(20, 30).Select(n => Row("q", new string('c', n))));
        var problem = Assert.Single(Refused(() => Read(rows, policy, most: 10)));
        Assert.Contains("every row is longer", problem.Message, StringComparison.Ordinal);
        Assert.Contains("too long", problem.Message.Split('\n')[^1], StringComparison.Ordinal);
        Assert.Contains("at most 51", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_counts_and_the_previews_mark_what_is_learned()
    {
        var data = Read(string.Join('\n', Enumerable.Range(0, 9).Select(i => Row($"q{i} ", $"a{i}"))));
        Assert.Equal((9, 9, 9 * 6L, 9 * 3L), (data.Report.Rows, data.Report.Examples, data.Report.Tokens, data.Report.TrainedTokens));
        Assert.Equal(0.5, data.Report.TrainedShare);
        Assert.Equal(("jsonl", "completion", 9), (data.Report.Files[0].Format, data.Report.Files[0].Shape, data.Report.Files[0].Rows));
        Assert.Equal(["d.jsonl, row 1", "d.jsonl, row 5", "d.jsonl, row 9"], data.Previews.Select(p => p.Place));
        Assert.Equal([new Segment("q4 ", false), new Segment("a4<|eos|>", true)], data.Previews[1].Segments);
        Assert.Equal([Tiny.EosId!.Value], data.StopIds);
    }

    [Fact]
    public void The_same_prompt_in_other_words_order_or_case_is_one_group()
    {
        var data = Read(Row("Where is my card?", "a") + "\n" + Row("where is MY card", "b") + "\n" + Row("my card: where is?", "c") + "\n" + Row("Where is my money?", "a"));
        Assert.Equal(2, data.Examples.Select(e => e.Group).Distinct().Count());
        Assert.NotEqual(data.Examples[2].Group, data.Examples[3].Group);
    }

    [Fact]
    public void Several_files_of_several_shapes_are_one_data_set()
    {
        var data = DataSet.Load([Write("a.jsonl", Row("q", "a")), Write("b.csv", "text\nhello\n")], Tiny, null, new DataOptions { MaxLength = 99 }, TestContext.Current.CancellationToken);
        Assert.Equal([("a.jsonl", 1), ("b.csv", 1)], data.Examples.Select(e => (e.File, e.Row)));
        Assert.Equal(["completion", "text"], data.Report.Files.Select(f => f.Shape));
    }

    [Fact]
    public void Real_tuning_sets_are_read_whole()
    {
        var gpt2 = Tokenizer.Parse(File.ReadAllText(SharedData.Require("tokenizers", "gpt2", "tokenizer.json")), """{"eos_token": "<|endoftext|>"}""", "gpt2");
        var data = Load(SharedData.Require("datasets", "banking77", "train.csv"), gpt2, null, new DataOptions
        {
            MaxLength = 256,
            Columns = new Dictionary<string, string> { ["prompt"] = "text", ["completion"] = "category" },
        });
        Assert.Equal((10003, 10003), (data.Report.Rows, data.Report.Examples));
        var (train, valid) = Splitter.Split(data.Examples, new SplitOptions());
        Assert.Equal(256, valid.Count);
        Assert.Empty(train.Select(e => e.Group).Intersect(valid.Select(e => e.Group)));
        var packer = new Packer(train, new PackerOptions { StepTokens = 4096, MicroTokens = 1024 });
        Assert.True(packer.Efficiency(0) > 0.97, $"{packer.Efficiency(0)}");
    }
}
