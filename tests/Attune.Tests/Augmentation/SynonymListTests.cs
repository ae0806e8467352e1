using Attune.Augmentation;

namespace Attune.Tests.Augmentation;

public class SynonymListTests
{
    [Fact]
    public void Forms_are_inflected_alike_and_what_means_two_things_is_left_alone()
    {
        var list = SynonymList.Parse(["# a comment", "v fix repair carry_out", "n city company box", "x big large", "x big great"]);
        Assert.Equal(["repairing", "carrying out"], list.Of("fixing"));
        Assert.Equal(["fixed", "carried out"], list.Of("repaired"));
        Assert.Equal(["companies", "boxes"], list.Of("cities"));
        Assert.Empty(list.Of("big"));
        Assert.Equal(["big"], list.Of("large"));
        Assert.Empty(list.Of("carry out"));
    }

    [Fact]
    public void Regular_verbs_double_and_drop_letters()
    {
        Assert.Equal(["stopped", "fixed", "tidied", "created", "showed", "talked"], new[] { "stop", "fix", "tidy", "create", "show", "talk" }.Select(English.Past));
        Assert.Equal(["stopping", "fixing", "tidying", "creating", "agreeing"], new[] { "stop", "fix", "tidy", "create", "agree" }.Select(English.Continuous));
    }

    /// <summary>The list itself: a few hundred groups, nothing but letters, no group of one, no word that names a number.</summary>
    [Fact]
    public void The_list_that_comes_with_Attune_is_well_formed()
    {
        var list = SynonymList.Load();
        Assert.True(list.Forms.Count > 800, $"{list.Forms.Count}");
        Assert.All(list.Forms, f =>
        {
            Assert.Matches("^[a-z]+(['-][a-z]+)*$", f);
            Assert.NotEmpty(list.Of(f));
            Assert.DoesNotContain(f, list.Of(f));
        });
    }
}
