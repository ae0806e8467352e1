using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

public class EncodingsTests : QualityFiles
{
    [Fact]
    public void Damaged_rows_are_named_by_what_is_wrong()
    {
        var found = Of(Report(Write("a.jsonl", Rows(("cafÃ©?", "fine"), ("a", "naïve café"), ("b", "los\uFFFDt"), ("c", "x\u0007\uFEFFy")))), "encoding");
        Assert.Equal(3, found.Rows);
        Assert.Equal(["a.jsonl, row 1", "a.jsonl, row 3", "a.jsonl, row 4"], found.Examples.Select(static e => e.Place));
        Assert.Contains("replacement character", found.Examples[1].Why, StringComparison.Ordinal);
        Assert.Equal(1.0, found.Figures.Single(static f => f.Name == "misread_rows").Value);
    }

    [Fact]
    public void Calls_are_looked_at_like_what_is_said() =>
        Assert.Equal("a.jsonl, row 2", Assert.Single(Of(Report(Write("a.jsonl", CallRow("a", "note", new { text = "café" }) + CallRow("b", "note", new { text = "cafÃ©" }))), "encoding").Examples).Place);

    [Fact]
    public void The_remedy_changes_what_can_be_undone_alone()
    {
        var mend = QualityChecks.Remedies.Single(static r => r.Remedy.Name == "encoding").Remedy.Mend!;
        Assert.Equal("café", mend("cafÃ©\u0007"));
        Assert.Equal("los\uFFFDt", mend("los\uFFFDt"));
    }
}
