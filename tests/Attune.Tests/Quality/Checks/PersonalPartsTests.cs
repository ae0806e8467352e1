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
    public void The_mask_is_a_remedy_of_texts() =>
        Assert.Equal("[EMAIL]", QualityChecks.Remedies.Single(static r => r.Remedy.Name == "personal-mask").Remedy.Mend!("anna@nordbank.se"));
}
