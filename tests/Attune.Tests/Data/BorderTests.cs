using Attune.Data;
using Attune.Problems;
using Attune.Runs;
using TinyModel = Attune.Tests.Runs.TinyModel;

namespace Attune.Tests.Data;

/// <summary>Rows that were made of others say so in every file format, and stand on the side of the border where these stand.</summary>
public sealed class BorderTests : TempFiles
{
    private const string Id = "00000000000000ff", Other = "00000000000000aa";

    [Theory]
    [InlineData("a.jsonl", """
        {"prompt": "a b c", "completion": "y"}
        {"prompt": "a c", "completion": "y", "augmented_from": "00000000000000ff 00000000000000aa", "augmented_by": "deletions"}
        """)]
    [InlineData("a.json", """
        [{"prompt": "a b c", "completion": "y"},
         {"prompt": "a c", "completion": "y", "augmented_from": "00000000000000ff 00000000000000aa", "augmented_by": "deletions"}]
        """)]
    [InlineData("a.csv", "prompt,completion,augmented_from,augmented_by\na b c,y,,\na c,y,00000000000000ff 00000000000000aa,deletions\n")]
    [InlineData("b.jsonl", """
        {"messages": [{"role": "user", "content": "a b c"}, {"role": "assistant", "content": "y"}]}
        {"messages": [{"role": "user", "content": "a c"}, {"role": "assistant", "content": "y"}], "augmented_from": "00000000000000ff 00000000000000aa"}
        """)]
    public void Parents_are_read_in_every_format(string name, string text)
    {
        var set = Load(Write(name, text), template: Attune.Text.ChatTemplate.ChatMl);
        Assert.Empty(set.Report.Warnings);
        Assert.Equal((false, true), (set.Examples[0].IsAugmented, set.Examples[1].IsAugmented));
        Assert.Equal([0xFF, 0xAA], set.Examples[1].Kin.Take(2));
        Assert.Equal(0xFFul, set.Examples[1].Group);
        // What it asks itself, so that it never stands beside a validation row that asks the same.
        Assert.Equal(Load(Write("own.jsonl", """{"prompt": "C! a", "completion": "n"}""")).Examples[0].Group, set.Examples[1].Kin[2]);
    }

    [Theory]
    [InlineData("""{"prompt": "a", "completion": "y", "augmented_from": "row 7"}""", "sixteen hexadecimal digits")]
    [InlineData("""{"prompt": "a", "completion": "y", "augmented_from": 7}""", "must be a string")]
    [InlineData("""{"text": "a", "augmented_from": "00000000000000ff"}""", "running text")]
    public void What_is_no_parent_is_refused(string row, string message) =>
        Assert.Contains(message, Assert.Single(Refused(() => Load(Write("a.jsonl", row)))).Message);

    [Fact]
    public void Children_of_validation_and_test_rows_are_left_out_and_counted()
    {
        var train = Made(1, 2, 3).Append(Child(11, 1)).Append(Child(12, 8)).Append(Child(13, 9)).Append(Child(14, 99)).ToList();
        var kept = Border.Keep(train, train, [.. Made(8), Child(15, 8)], [.. Made(9)]);
        Assert.Equal([1, 2, 3, 11, 14], kept.Train.Select(static e => e.Row));
        Assert.Equal((1, 1), (kept.Valid.Count, kept.Test.Count));
        Assert.Equal(new AugmentedRows(2, 2, 1, 1), kept.Counts);
        Assert.Equal(3, kept.Counts!.Warnings.Count());
        Assert.Null(Border.Keep([.. Made(1, 2)], [.. Made(1, 2)], [.. Made(3)], []).Counts);

        static IEnumerable<Example> Made(params int[] rows) => rows.Select(static r => new Example([r, r + 1], [false, true], "t.jsonl", r, (ulong)r));
        static Example Child(int row, ulong parent) => new Example([row, row + 1], [false, true], "t.jsonl", row, parent) { Kin = [parent, (ulong)row] };
    }

    /// <summary>Through a whole run: with files of its own for validation, and with a part set aside.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_says_what_it_left_out(bool files)
    {
        using var tiny = new TinyModel();
        string[] lines = [.. File.ReadAllLines(tiny.Data).Select(static (l, i) => $$"""{"prompt": "Where is thing number {{i}}?", "completion": "item={{i % 8}}"}""")];
        string[] children = [.. lines.Select(static (l, i) => $$"""{"prompt": "Where, please, is thing {{i}} now?", "completion": "item={{i % 8}}", "augmented_from": "{{IdOf($"Where is thing number {i}?")}}"}""")];
        var (all, valid) = (Write("all.jsonl", string.Join('\n', lines.Skip(files ? 10 : 0).Concat(children))), Write("valid.jsonl", string.Join('\n', lines.Take(10).Append(children[20]))));
        var notices = new List<RunNotice>();
        var result = TinyModel.Run(tiny.Recipe("run", [$"data.train={all}", "data.format=completion", "train.max_steps=2", .. files ? [$"data.valid={valid}"] : Array.Empty<string>()]), notice: notices.Add);
        var counts = Assert.Single(notices.OfType<NoticeAugmented>()).Counts;
        // A part of sixty rows that is set aside is fifteen.
        Assert.Equal(files ? new AugmentedRows(50, 10, 1, 0) : new AugmentedRows(45, 15, 0, 0), counts);
        Assert.Equal(counts.Fact, result.Record.Facts.Single(static f => f.Name == "Augmented rows").Value);
        Assert.Subset(result.Record.Warnings.ToHashSet(), counts.Warnings.ToHashSet());
    }

    /// <summary>What is mixed in is trained on too.</summary>
    [Fact]
    public void The_border_holds_for_replayed_rows()
    {
        using var tiny = new TinyModel();
        string[] lines = [.. Enumerable.Range(0, 40).Select(static i => $$"""{"prompt": "Where is thing number {{i}}?", "completion": "item={{i % 8}}"}""")];
        string[] children = [.. Enumerable.Range(0, 40).Select(static i => $$"""{"prompt": "Where, please, is thing {{i}} now?", "completion": "item={{i % 8}}", "augmented_from": "{{IdOf($"Where is thing number {i}?")}}"}""")];
        var (data, made) = (Write("short.jsonl", string.Join('\n', lines)), Write("aug.jsonl", string.Join('\n', children)));
        var notices = new List<RunNotice>();
        var result = TinyModel.Run(tiny.Recipe("run", $"data.train={data}", "data.format=completion", "data.valid_fraction=0.25", $"data.replay={made}", "train.max_steps=2"), notice: notices.Add);
        var replay = Assert.Single(notices.OfType<NoticeReplay>()).Replay;
        Assert.Equal((30, 10), (replay.Rows, replay.LeftOut));
        Assert.Contains("10 were left out", result.Record.Facts.Single(static f => f.Name == "Replay").Value, StringComparison.Ordinal);
        Assert.Contains(Assert.Single(replay.Warnings), result.Record.Warnings);
        var known = Write("known.jsonl", string.Join('\n', lines));
        Assert.Contains("made of validation or test rows", Assert.Throws<UserErrorException>(() => TinyModel.Run(tiny.Recipe("none", $"data.train={data}", "data.format=completion", $"data.test={known}", $"data.replay={made}"))).Message, StringComparison.Ordinal);
    }

    private static string IdOf(string prompt) => Lineage.IdOf(PromptKey.Of(new Attune.Data.Conversation("", 1, ConversationKind.Completion, [new Turn("user", prompt, false), new Turn("assistant", "x", true)])));
}
