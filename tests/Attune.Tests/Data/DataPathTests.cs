using Attune.Data;

namespace Attune.Tests.Data;

/// <summary>Rows that stand within a document, or within each of its records.</summary>
public class DataPathTests : TempFiles
{
    private const string Squad = """
        {"version": "1", "data": [
         {"title": "T", "paragraphs": [{"context": "c1", "qas": [{"question": "q1", "answers": [{"text": "a1"}]}, {"question": "q2", "answers": [{"text": "a2"}]}]}]},
         {"title": "U", "paragraphs": [{"context": "c2", "qas": [{"question": "q3", "answers": [{"text": "a3"}]}]}]}]}
        """;

    private const string Lists = """{"train": [["x one", "a"], ["x two", "b"]], "val": [["x three", "c"]], "note": "n"}""";

    private static string Fields(string path) => string.Join(" ; ", Rows(path).Rows.Select(r => r.Number + ":" + string.Join(",", r.Fields.Select(f => f.Key))));

    [Fact]
    public void A_path_through_lists_gives_rows_with_the_fields_around_them()
    {
        var (format, rows, problems) = Rows(Write("squad.json", Squad) + "#data.paragraphs.qas");
        Assert.Equal(("json", 0), (format, problems.Count));
        Assert.Equal([1, 2, 3], rows.Select(r => r.Number));
        Assert.Equal(["T c1 q1", "T c1 q2", "U c2 q3"], rows.Select(r => $"{r.Fields["title"]} {r.Fields["context"]} {r.Fields["question"]}"));
        Assert.Equal([2, 2, 3], rows.Select(r => r.Line));
    }

    [Fact]
    public void The_one_list_of_a_document_is_found_without_being_named() =>
        Assert.Equal("1:title,paragraphs ; 2:title,paragraphs", Fields(Write("squad.json", Squad)));

    [Fact]
    public void Of_several_lists_one_must_be_named_and_lists_of_values_are_rows()
    {
        var path = Write("clinc.json", Lists);
        var problem = Assert.Single(Rows(path).Problems.First);
        Assert.Contains("`train`, `val`", problem.Message, StringComparison.Ordinal);
        Assert.Contains("clinc.json#train", problem.Remedy, StringComparison.Ordinal);
        Assert.Equal("1:0,1 ; 2:0,1", Fields(path + "#train"));
        Assert.Equal("1:0,1", Fields(path + "#val"));
        var data = Load(path + "#train", options: new DataOptions { MaxLength = 99, Columns = new Dictionary<string, string> { ["prompt"] = "0", ["completion"] = "1" } });
        Assert.Equal(2, data.Examples.Count);
    }

    [Theory]
    [InlineData("a.json", """[{"id": 7, "turns": [{"text": "x"}, {"text": "y"}]}, {"id": 8, "turns": [{"text": "z"}]}]""")]
    [InlineData("a.jsonl", "{\"id\": 7, \"turns\": [{\"text\": \"x\"}, {\"text\": \"y\"}]}\n{\"id\": 8, \"turns\": [{\"text\": \"z\"}]}")]
    [InlineData("a.json", """{"k": {"id": 7, "turns": [{"text": "x"}, {"text": "y"}]}, "l": {"id": 8, "turns": [{"text": "z"}]}}""")]
    public void A_part_of_every_record_works_in_lists_lines_and_keyed_objects(string name, string content)
    {
        var rows = Rows(Write(name, content) + "#turns").Rows;
        Assert.Equal(["7x", "7y", "8z"], rows.Select(r => $"{r.Fields["id"]}{r.Fields["text"]}"));
        Assert.Equal([1, 2, 3], rows.Select(r => r.Number));
    }

    [Theory]
    [InlineData(Lists, "tarin", "has no field `tarin`", "name one of these")]
    [InlineData(Lists, "note", "is no list of rows", "")]
    [InlineData("""[{"a": 1}, {"b": [{"text": "x"}]}]""", "b", "has no rows under `b`", "`a`")]
    [InlineData("""[{"b": ["x"]}, {"b": [{"text": "x"}]}]""", "b", "holds a string under `b`", "")]
    public void A_part_that_is_not_there_is_named(string content, string part, string message, string remedy)
    {
        var problem = Rows(Write("a.json", content) + "#" + part).Problems.First[0];
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_and_tables_have_no_parts() =>
        Assert.Contains("has no parts", Assert.Single(Refused(() => Rows(Write("a.csv", "text,b\nx,1\ny,2\n") + "#b"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_whose_name_has_the_sign_is_meant_as_a_whole() =>
        Assert.Single(Rows(Write("a#b.jsonl", "{\"text\": \"x\"}")).Rows);

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}""", "jsonl")]
    [InlineData("{\n \"messages\": [{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\", \"content\": \"a\"}]\n}", "json")]
    [InlineData("""{"rows": [{"messages": 1}]}""", "json")]
    public void A_file_of_one_row_is_that_row_and_a_document_of_one_list_is_its_rows(string content, string format)
    {
        var (found, rows, problems) = Rows(Write("a.json", content));
        Assert.Equal((format, 0), (found, problems.Count));
        Assert.Equal("messages", Assert.Single(Assert.Single(rows).Fields).Key);
    }

    /// <summary>The whole line is longer than what is looked at to tell the format.</summary>
    [Theory]
    [InlineData("{\"version\": 1, \"data\": [", "{\"text\": \"0123456789\"}", "]}", "json")]
    [InlineData("{\"messages\": [", "{\"role\": \"user\", \"content\": \"0123456789\"}", "]}", "jsonl")]
    [InlineData("{\"text\": \"", "0123456789", "\"}", "jsonl")]
    public void A_document_on_one_long_line_is_told_from_a_long_row(string begin, string item, string end, string format)
    {
        var comma = item[0] == '{' ? "," : "";
        var content = begin + string.Join(comma, Enumerable.Repeat(item, 120_000)) + end;
        Assert.Equal(format, RowFormats.Of(RowFile.At(Write("a.json", content))).Name);
    }
}
