using System.Text;

namespace Attune.Tests.Data;

public class RowSourceTests : TempFiles
{
    private const string Lines = "{\"text\": \"one\"}\n\n{\"text\": \"two\"}\n";

    [Theory]
    [InlineData("a.jsonl", Lines, "jsonl", new long[] { 1, 3 })]
    [InlineData("a.json", Lines, "jsonl", new long[] { 1, 3 })]
    [InlineData("a.csv", "[{\"text\": \"one\"},\n {\"text\":\n \"two\"}]", "json", new long[] { 1, 2 })]
    [InlineData("a.txt", "{\n \"7\": {\"text\": \"one\"},\n \"9\": {\"text\": \"two\"}\n}", "json", new long[] { 2, 3 })]
    [InlineData("a.jsonl", "{\"7\": {\"text\": \"one\"}, \"9\": {\"text\": \"two\"}}", "json", new long[] { 1, 1 })]
    [InlineData("a.txt", "text,label\none,1\ntwo,2\n", "csv", new long[] { 2, 3 })]
    [InlineData("a.txt", "text;label\none;1\ntwo;2\n", "csv", new long[] { 2, 3 })]
    [InlineData("a.tsv", "text\tlabel\none\t1\ntwo\t2\n", "csv", new long[] { 2, 3 })]
    [InlineData("a.csv", "one\n---\n\ntwo\n", "plain", new long[] { 1, 4 })]
    [InlineData("a.jsonl", "one\n<|endoftext|>\ntwo", "plain", new long[] { 1, 3 })]
    public void The_content_decides_the_format_and_lines_are_counted(string name, string content, string format, long[] lines)
    {
        foreach (var bytes in new[] { Encoding.UTF8.GetBytes(content), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(content)], Zip(content) })
        {
            var (found, rows, problems) = Rows(Write(name, bytes));
            Assert.Equal(0, problems.Count);
            Assert.Equal(format, found);
            Assert.Equal(["one", "two"], rows.Select(r => r.Fields["text"]!.GetValue<string>()));
            Assert.Equal([1, 2], rows.Select(r => r.Number));
            Assert.Equal(lines, rows.Select(r => r.Line));
        }
    }

    [Theory]
    [InlineData("Once upon a time, there was a girl.\nShe had a cat, a dog, and a bird.\nThe end.")]
    [InlineData("Dear all\nthis is one line\n\nand another")]
    [InlineData("Roses are red, violets are blue,\nSugar is sweet, and so are you.\nThe roses fade, the violets die,\nAnd so, my love, shall you and I.")]
    [InlineData("Roses are red, violets blue\nSugar is sweet, so are you\nThe roses fade, the violets die")]
    [InlineData("Dear Anna,\n\nthank you for the pears, the plums and the story of the goat.\n\nYours,\nBob")]
    [InlineData("Rage,\nrage,\nagainst the dying of the light,\nmy friend.")]
    [InlineData("\tIt was a dark night.\n\tThe rain fell.\n\tNobody came.")]
    [InlineData("\tHello there\n\tGood evening\n\tBye now")]
    [InlineData("import { a } from 'a';\nimport { b } from 'b';\nimport { c } from 'c';")]
    [InlineData("3,1,2 -> 1,2,3\n5,4,6 -> 4,5,6\n9,7,8 -> 7,8,9")]
    [InlineData("| name | age |\n|---|---|\n| Anna | 3 |\n| Bob | 4 |")]
    [InlineData("Text, as we know it, is old.\nContext, too, is older.")]
    [InlineData("Hello,world\nthis has no comma\nnor has this")]
    public void Prose_is_one_document(string text)
    {
        var (format, rows, _) = Rows(Write("a.csv", text));
        Assert.Equal("plain", format);
        Assert.Equal(text, Assert.Single(rows).Fields["text"]!.GetValue<string>());
    }

    [Fact]
    public void Malformed_JSON_on_row_17_is_named_with_line_and_excerpt()
    {
        var lines = Enumerable.Range(1, 30).Select(i => i == 17 ? "{\"prompt\": \"a\", \"completion\" \"b\"}" : "{\"prompt\": \"a\", \"completion\": \"b\"}");
        var problem = Assert.Single(Refused(() => Load(Write("train.jsonl", string.Join("\n", lines)))));
        Assert.Equal("train.jsonl, row 17", problem.Place);
        Assert.Contains("not valid JSON", problem.Message, StringComparison.Ordinal);
        Assert.Contains("\"completion\" \"b\"", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_bad_rows_are_reported_at_once_and_beyond_twenty_counted()
    {
        var lines = Enumerable.Range(1, 100).Select(i => i % 2 == 0 ? "{broken" : "{\"text\": \"x\"}");
        var problems = Refused(() => Load(Write("train.jsonl", string.Join("\n", lines))));
        Assert.Equal(21, problems.Count);
        Assert.Equal("train.jsonl, row 2", problems[0].Place);
        Assert.Equal("train.jsonl, row 40", problems[19].Place);
        Assert.Contains("30 more", problems[20].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_blank_line_moves_the_line_but_not_the_row()
    {
        var problem = Assert.Single(Rows(Write("a.jsonl", "{\"text\": \"x\"}\n\n[1]\n")).Problems.First);
        Assert.Equal("a.jsonl, row 2 (line 3)", problem.Place);
        Assert.Contains("an array", problem.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[], string> BadRows => new()
    {
        { "a.jsonl", [.. "{\"text\": \"x\"}\n{\"text\": \""u8, 0xC3, 0x28, .. "\"}\n{\"text\": \"y\"}"u8], "not valid UTF-8" },
        { "a.json", [.. "[{\"text\": \"x\"},\n{\"text\": \""u8, 0xFF, .. "\"},\n{\"text\": \"y\"}]"u8], "not valid UTF-8" },
        { "a.csv", [.. "text,label\nx,1\n"u8, 0xFF, .. ",2\ny,3\n"u8], "not valid UTF-8" },
        { "a.txt", [.. "x\n---\n"u8, 0xFF, .. "\n---\ny"u8], "not valid UTF-8" },
        { "a.jsonl", "{\"text\": \"x\"}\n{\"text\": \"\\ud800\"}\n{\"text\": \"y\"}"u8.ToArray(), "surrogate" },
        { "a.jsonl", "{\"text\": \"x\"}\n{\"text\": \"a\", \"text\": \"b\"}\n{\"text\": \"y\"}"u8.ToArray(), "not valid JSON" },
        { "a.csv", "text,label\nx,1\nz,2,3\ny,3\n"u8.ToArray(), "3 cells where the header has 2" },
        { "a.csv", "text,label\nx,1\n\"z\"q,2\ny,3\n"u8.ToArray(), "behind a closing quote" },
    };

    [Theory]
    [MemberData(nameof(BadRows))]
    public void A_bad_row_is_named_and_the_others_are_read(string name, byte[] content, string message)
    {
        var (_, rows, problems) = Rows(Write(name, content));
        var problem = Assert.Single(problems.First);
        Assert.StartsWith($"{name}, row 2", problem.Place, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(["x", "y"], rows.Select(r => r.Fields["text"]!.GetValue<string>()));
    }

    [Fact]
    public void A_broken_first_line_among_lines_is_a_broken_row()
    {
        var (format, rows, problems) = Rows(Write("a.jsonl", "{\"text\": \"x\"\n{\"text\": \"y\"}\n"));
        Assert.Equal("jsonl", format);
        Assert.Single(rows);
        Assert.Equal("a.jsonl, row 1", Assert.Single(problems.First).Place);
    }

    [Theory]
    [InlineData("[{\"text\": \"x\"},\n{\"text\": \"y\"},\n{\"text\" \"z\"}]", "row 3")]
    [InlineData("[{\"text\": \"x\"},\n{\"text\": \"y\"}", "row 3 (line 2)")]
    public void A_broken_array_names_row_and_line(string content, string place) =>
        Assert.EndsWith(place, Assert.Single(Rows(Write("a.json", content)).Problems.First).Place, StringComparison.Ordinal);

    [Theory]
    [InlineData("[{\"text\": \"x\"},\n{\"text\": \"y\"}] trailing", "in line 2, near")]
    [InlineData("{\n\"text\": \"x\"\n}\n{\n\"text\": \"y\"\n}\n", "in line 4, near")]
    public void Values_one_behind_the_other_are_refused_with_the_forms_that_are_read(string content, string line)
    {
        var problem = Assert.Single(Rows(Write("a.json", content)).Problems.First);
        Assert.Contains(line, problem.Message, StringComparison.Ordinal);
        Assert.Contains("JSON lines", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Quoted_cells_may_hold_line_ends_and_quotes()
    {
        var (_, rows, problems) = Rows(Write("a.csv", "text,label\n\"one\ntwo, \"\"three\"\"\",a\n5\" disk,b\n"));
        Assert.Equal(0, problems.Count);
        Assert.Equal(["one\ntwo, \"three\"", "5\" disk"], rows.Select(r => r.Fields["text"]!.GetValue<string>()));
        Assert.Equal([2, 4], rows.Select(r => r.Line));
    }

    [Theory]
    [InlineData(",prompt,completion\n0,q,a\n")]
    [InlineData("\tprompt\tcompletion\n0\tq\ta\n")]
    [InlineData("prompt,completion,score (1-5)\nq,a,3\n")]
    [InlineData("prompt;2nd [try];completion\nq;b;a\n")]
    [InlineData("0,1,prompt,completion\nx,y,q,a\n")]
    [InlineData("prompt,completion,\"Is it right, and why?\"\nq,a,yes\n")]
    [InlineData("prompt,completion\nq,a\nHow are you, Bob?,well, thanks\nWho, then?,I, you see\n")]
    public void A_header_with_an_odd_cell_is_a_header(string content)
    {
        var (format, rows, _) = Rows(Write("a.csv", content));
        Assert.Equal(("csv", "q", "a"), (format, rows[0].Fields["prompt"]!.GetValue<string>(), rows[0].Fields["completion"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("prompt,completion,prompt\nq,a,b\n", "names the column `prompt` twice")]
    [InlineData("prompt,,completion\nq,b,a\n", "has no name for column 2")]
    [InlineData("prompt,completion,\nq,a,\n", "has no name for column 3")]
    [InlineData("prompt, completion\nq, a\n", "` completion`, with blanks around it")]
    [InlineData("frage,\"Wie zufrieden waren Sie mit der Antwort, wenn Sie alles in allem nehmen?\"\nq,1\nr,2\n", "where the name of column 2 is expected")]
    public void What_cannot_be_a_name_is_named(string content, string message)
    {
        var problem = Assert.Single(Refused(() => Load(Write("a.csv", content))));
        Assert.Equal("a.csv, line 1", problem.Place);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_without_a_name_is_passed_over_in_silence() =>
        Assert.Empty(Load(Write("a.csv", ",prompt,completion\n0,q,a\n1,r,b\n")).Report.Warnings);

    [Fact]
    public void A_text_that_looks_like_a_table_becomes_one_document_by_a_line_of_dashes()
    {
        const string Log = "10:00:00,123 started\n10:00:01,456 going on\n10:00:02,789 done\n";
        Assert.Contains("begin it with a line of ---", Assert.Single(Refused(() => Load(Write("a.log", Log)))).Remedy, StringComparison.Ordinal);
        Assert.Equal(Log.TrimEnd(), Assert.Single(Rows(Write("a.log", "---\n" + Log)).Rows).Fields["text"]!.GetValue<string>());
    }

    [Fact]
    public void A_quote_that_is_never_closed_is_an_error_and_not_a_giant_cell()
    {
        var (_, _, problems) = Rows(Write("a.csv", "text,label\nx,1\n\"y,2\nz,3\n"));
        Assert.Contains("never closed", Assert.Single(problems.First).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_is_a_user_error()
    {
        var packed = Zip(string.Concat(Enumerable.Range(0, 20000).Select(i => $"{{\"text\": \"{i * 7919 % 10007}\"}}\n")));
        var problem = Assert.Single(Refused(() => Rows(Write("a.jsonl.gz", packed[..(packed.Length / 2)]))));
        Assert.Contains("cannot be", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_answered_with_the_nearest_name()
    {
        var there = Write("customer-train.jsonl", Lines);
        var asked = Path.Combine(Path.GetDirectoryName(there)!, "custmer_train.jsonl");
        var problem = Assert.Single(Refused(() => Load(asked)));
        Assert.Contains("no such file", problem.Message, StringComparison.Ordinal);
        Assert.Contains(there, problem.Remedy, StringComparison.Ordinal);
        Assert.Contains("folder", Assert.Single(Refused(() => Load(Path.GetDirectoryName(there)!))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \n")]
    [InlineData("[]")]
    [InlineData("a,b\n")]
    [InlineData("prompt,completion,score (1-5)\n")]
    public void An_empty_data_set_is_a_user_error(string content) =>
        Assert.Contains("no rows", Assert.Single(Refused(() => Load(Write("a.json", content)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Real_files_are_recognised()
    {
        (string Path, string Format, int Rows)[] files =
        [
            ("banking77/train.csv", "csv", 10003), ("medquad/medquad_train.jsonl", "jsonl", 3878), ("gpteacher/codegen-instruct.json", "json", 4535),
            ("halueval/general_data.json", "jsonl", 3500), ("tinystories/tinystories_train.txt", "plain", 1), ("wizard-of-oz/wizard_of_oz.txt", "plain", 1),
            ("tinyshakespeare/input.txt", "plain", 1), ("llamafactory-demo/wiki_demo.txt", "plain", 1), ("fastchat/dummy_conversation.json", "json", 500),
        ];
        foreach (var (path, format, count) in files)
        {
            var (found, rows, problems) = Rows(SharedData.Require(["datasets", .. path.Split('/')]));
            Assert.Equal((path, format, count, 0), (path, found, rows.Count, problems.Count));
        }
    }
}
