using System.Text.Json;
using System.Text.RegularExpressions;
using Attune.Corpus;
using Attune.Corpus.Skills;

namespace Attune.Tests.Assets;

/// <summary>The data that the repository ships is what its card says.</summary>
public sealed partial class SupportDataTests
{
    private static string DataFile(params string[] parts) => Path.Combine([SharedData.RepositoryRoot, "recipes", "data", .. parts]);

    private static List<(string Ask, string Answer)> Rows(string split) => JsonText.Conversations(DataFile("support", $"{split}.jsonl"));

    public static TheoryData<string> Splits => ["train", "valid", "test"];

    [Theory, MemberData(nameof(Splits))]
    public void The_files_are_what_the_generator_writes(string split)
    {
        Assert.Equal(new Support().All(seed: 1)[split].Select(r => JsonText.Conversation(r.Ask, r.Answer)), File.ReadAllLines(DataFile("support", $"{split}.jsonl")));
    }

    [Theory, MemberData(nameof(Splits))]
    public void A_row_holds_messages_and_nothing_else(string split)
    {
        foreach (var line in File.ReadLines(DataFile("support", $"{split}.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            Assert.Equal(["messages"], row.RootElement.EnumerateObject().Select(p => p.Name));
            Assert.Equal(["user", "assistant"], row.RootElement.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        }
    }

    [Theory, MemberData(nameof(Splits))]
    public void Every_answer_parses_and_its_values_stand_in_the_message_and_in_the_sentence(string split)
    {
        foreach (var (ask, answer) in Rows(split))
        {
            var parts = Shape().Match(answer);
            Assert.True(parts.Success, answer);
            Assert.Contains(parts.Groups["intent"].Value, Support.Intents);
            Assert.DoesNotContain('\u27E6', ask);
            foreach (var value in parts.Groups["value"].Captures.Select(c => c.Value))
            {
                Assert.Contains(value, ask, StringComparison.Ordinal);
                Assert.Contains(value, parts.Groups["sentence"].Value, StringComparison.Ordinal);
            }
        }
    }

    [Theory, MemberData(nameof(Splits))]
    public void All_intents_are_there_and_no_message_twice(string split)
    {
        var rows = Rows(split);
        var intents = rows.CountBy(r => Shape().Match(r.Answer).Groups["intent"].Value).ToDictionary();
        Assert.Equal(Support.Intents.Order(), intents.Keys.Order());
        Assert.True(intents.Count >= 12);
        Assert.True(intents.Values.Max() - intents.Values.Min() <= 1);
        Assert.Equal(rows.Count, rows.Select(r => r.Ask).Distinct().Count());
    }

    [Theory]
    [InlineData("valid", "train")]
    [InlineData("test", "train")]
    [InlineData("test", "valid")]
    public void No_row_is_a_near_duplicate_of_one_in_another_split(string split, string other)
    {
        var (jaccard, left, right) = Overlap.Nearest(Rows(split), Rows(other));
        Assert.True(jaccard < Overlap.NearDuplicate, $"{left} / {right}: {jaccard}");
    }

    [Fact]
    public void A_near_duplicate_is_found_behind_other_slot_values()
    {
        var (jaccard, _, _) = Overlap.Nearest(
            [("Please track order 12345 for me now.", "intent: track_order; order: 12345\nYes.")],
            [("Something else.", "intent: speak_to_human\nYes."), ("please track order 99 for me now", "intent: track_order; order: 99\nYes.")]);
        Assert.Equal(1.0, jaccard);
    }

    [Fact]
    public void The_general_text_has_its_size_and_shares_nothing_with_the_data()
    {
        var text = File.ReadAllText(DataFile("general.txt"));
        Assert.InRange(text.Length, 45_000, 60_000);
        var documents = text.Split("\n---\n");
        Assert.Equal(62, documents.Length);
        Assert.All(documents, d => Assert.True(d.Trim().Length > 300, d));
        Assert.Equal(documents.Length, documents.Distinct().Count());
        var grams = Ngrams.Hashes(text).ToHashSet();
        foreach (var split in Splits)
            Assert.DoesNotContain(Rows(split), r => Ngrams.Hashes(r.Ask).Concat(Ngrams.Hashes(r.Answer)).Any(grams.Contains));
    }

    [Fact]
    public void The_card_states_the_real_counts()
    {
        var card = File.ReadAllText(DataFile("README.md"));
        foreach (var (split, rows) in Support.Splits)
            Assert.Contains(FormattableString.Invariant($"| `support/{split}.jsonl` | {rows:N0} |"), card, StringComparison.Ordinal);
        Assert.All(Support.Intents, intent => Assert.Contains($"`{intent}`", card, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\Aintent: (?<intent>[a-z_]+)(; [a-z]+: (?<value>[^;\n]+))*\n(?<sentence>[A-Z][^\n]+\.)\z")]
    private static partial Regex Shape();
}
