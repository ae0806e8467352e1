using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

public class PersonalPartsTests : QualityFiles
{
    [Fact]
    public void Rows_with_personal_data_are_counted_by_kind_with_their_place()
    {
        var found = Of(Report(Write("a.jsonl", Rows(("Who?", "Ask anna@nordbank.se or bert@nordbank.se."), ("a", "b"), ("My IBAN is DE89370400440532013000", "Call +49 30 901820")))), "personal");
        Assert.Equal((2L, QualitySeverity.Warning), (found.Rows, found.Severity));
        Assert.Equal(["holds 2 mail addresses", "holds 1 IBAN, 1 phone number"], found.Examples.Select(static e => e.Why));
        Assert.Contains(("mail_addresses", 2.0), found.Figures);
    }

    [Fact]
    public void Rows_with_the_digits_of_other_scripts_are_looked_at_like_any()
    {
        var path = Write("a.jsonl", Rows(("٣.٣.٣.٣", "٤٥٣٩١٤٨٨٠٣٤٣٦٤٦٧"), ("a", "anna@nordbank.se")));
        Assert.Equal(1, Of(Report(path), "personal").Rows);
        Assert.Equal(1, DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = ["personal-drop"] }, cancel: TestContext.Current.CancellationToken).Kept);
    }

    [Fact]
    public void Calls_tools_and_reasoning_are_looked_at_and_what_is_masked_is_no_longer_found()
    {
        var tools = """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "tools": [{"name": "mail", "description": "Asks anna@nordbank.se"}]}""" + "\n";
        var path = Write("a.jsonl", CallRow("Write to Bob.", "mail", new { to = new[] { "bob.miller@gmail.com" } }) + CallRow("Ring Bob.", "ring", new { }, reasoning: "His number is +49 30 901820.") + tools);
        Assert.Equal(["holds 1 mail address", "holds 1 phone number", "holds 1 mail address"], Of(Report(path), "personal").Examples.Select(static e => e.Why));
        var masked = path + ".out.jsonl";
        DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = ["personal-mask"], Out = masked }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0, Of(Report(masked), "personal").Rows);
    }

    [Fact]
    public void The_mask_is_a_remedy_of_texts() =>
        Assert.Equal("[EMAIL]", QualityChecks.Remedies.Single(static r => r.Remedy.Name == "personal-mask").Remedy.Mend!("anna@nordbank.se"));
}
