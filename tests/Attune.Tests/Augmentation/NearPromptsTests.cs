using Attune.Augmentation;
using Attune.Evaluation.Metrics;

namespace Attune.Tests.Augmentation;

public class NearPromptsTests
{
    /// <summary>The index of words gives what comparing with every prompt gives.</summary>
    [Fact]
    public void The_index_finds_what_a_full_comparison_finds()
    {
        var random = new Random(3);
        string[] words = ["card", "lost", "my", "is", "where", "the", "order", "please", "help", "me", "my my"];
        string Text() => string.Join(' ', Enumerable.Range(0, 3 + random.Next(9)).Select(_ => words[random.Next(words.Length)]));
        string[] known = [.. Enumerable.Range(0, 120).Select(_ => Text())];
        var near = new NearPrompts();
        foreach (var text in known)
            near.Add(text);
        var found = 0;
        for (var i = 0; i < 300; i++)
        {
            var text = Text();
            var expected = known.Any(k => WordOverlap.RougeL(k, text) >= 0.7);
            Assert.Equal(expected, near.Judge(text, null) is not null);
            found += expected ? 1 : 0;
        }
        Assert.InRange(found, 20, 280);
    }

    [Fact]
    public void A_prompt_may_be_near_its_own_parent()
    {
        var near = new NearPrompts();
        near.Add("where is my big order today");
        Assert.NotNull(near.Judge("where is my big order now", null));
        Assert.Null(near.Judge("where is my big order now", "where is my big order today"));
    }
}
