using System.Text.RegularExpressions;
using Attune.Corpus;
using Attune.Corpus.Skills;
using Attune.Corpus.Text;

namespace Attune.Tests.Assets;

public sealed partial class CorpusTests : IDisposable
{
    private const int Few = 600;

    private readonly List<string> _folders = [];

    public void Dispose() => _folders.ForEach(f => Directory.Delete(f, recursive: true));

    private string Folder()
    {
        _folders.Add(Directory.CreateTempSubdirectory("attune-corpus-").FullName);
        return _folders[^1];
    }

    private static Dictionary<string, Tally> Write(string folder, ulong seed, HashSet<ulong>? heldOut = null) =>
        new CorpusWriter(folder, seed, heldOut ?? []).Write(Few, data: null);

    [Fact]
    public void The_same_seed_writes_the_same_bytes_and_another_seed_does_not()
    {
        var (a, b, c) = (Folder(), Folder(), Folder());
        Write(a, 1);
        Write(b, 1);
        Write(c, 2);
        Assert.Equal(File.ReadAllBytes(Path.Combine(a, "corpus.jsonl")), File.ReadAllBytes(Path.Combine(b, "corpus.jsonl")));
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(a, "corpus.jsonl")), File.ReadAllBytes(Path.Combine(c, "corpus.jsonl")));
    }

    [Fact]
    public void A_document_does_not_depend_on_how_many_are_written()
    {
        var (few, fewer) = (Folder(), Folder());
        Write(few, 1);
        new CorpusWriter(fewer, 1, []).Write(50, data: null);
        Assert.StartsWith(File.ReadAllText(Path.Combine(fewer, "corpus.jsonl")), File.ReadAllText(Path.Combine(few, "corpus.jsonl")), StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_add_up_and_the_two_files_share_no_document()
    {
        var folder = Folder();
        var tallies = Write(folder, 3);
        var train = File.ReadAllLines(Path.Combine(folder, "corpus.jsonl"));
        var valid = File.ReadAllLines(Path.Combine(folder, "corpus-valid.jsonl"));
        Assert.Equal(Few, tallies.Values.Sum(t => t.Documents + t.Repeated + t.Overlapping));
        Assert.Equal(tallies.Values.Sum(t => t.Documents), train.Length + valid.Length);
        Assert.NotEmpty(valid);
        Assert.Empty(train.Intersect(valid));
        Assert.Equal(Documents.Kinds.Select(k => k.Name).Order(), tallies.Keys.Order());
    }

    [Fact]
    public void No_mark_of_the_grammar_is_left_in_a_document()
    {
        var bank = Bank.Load(Documents.Banks);
        foreach (var kind in Documents.Kinds)
            for (var i = 0; i < Few; i++)
            {
                var text = kind.Make(new Expander(bank, new Draw(5, (ulong)i)));
                Assert.DoesNotMatch(LeftOver(), AnswerForm().Replace(text, ""));
            }
    }

    [Fact]
    public void Dialogues_have_the_chat_form_of_the_base_model()
    {
        var bank = Bank.Load(Documents.Banks);
        foreach (var kind in Documents.Kinds.Where(k => k.Name is "dialogue" or "single exchange"))
            for (var i = 0; i < Few; i++)
                Assert.Matches(Chat(), kind.Make(new Expander(bank, new Draw(7, (ulong)i))));
    }

    [Fact]
    public void Every_exchange_of_the_chat_banks_has_one_question_and_one_answer()
    {
        var bank = Bank.Load(Documents.Banks);
        foreach (var rule in bank.Rule("chat")!.Alternatives.Concat(bank.Rule("chat_read")!.Alternatives).Select(a => ((Node.Reference)a[0]).Name))
        {
            // One expander uses each alternative once before it repeats any, so this meets all of them.
            var text = new Expander(bank, new Draw(3, 0));
            for (var i = 0; i < 200; i++)
            {
                text.Forget();
                Values.BindAll(text);
                var parts = text.Raw(rule).Split(" => ");
                Assert.True(parts.Length == 2 && parts.All(p => p.Trim().Length > 0), $"{rule}: {string.Join(" => ", parts)}");
                Assert.DoesNotMatch(LeftOver(), Tidy.Apply(parts[0]) + Tidy.Apply(parts[1]));
            }
        }
    }

    [Fact]
    public void Numbers_that_are_asked_for_are_copied_exactly()
    {
        var bank = Bank.Load(Documents.Banks);
        for (var i = 0; i < Few; i++)
        {
            var text = new Expander(bank, new Draw(9, (ulong)i));
            Values.BindAll(text);
            var exchange = text.Raw("x_num").Split(" => ");
            var number = Digits().Match(exchange[1]).Value;
            Assert.NotEmpty(number);
            Assert.Contains(number, exchange[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_document_that_shares_eight_words_with_held_out_text_is_dropped()
    {
        var first = Folder();
        Write(first, 1);
        var document = JsonText.Strings(Path.Combine(first, "corpus.jsonl")).First(t => Ngrams.Normalise(t).Count > 40);
        var planted = string.Join(" -- ", Ngrams.Normalise(document).Skip(20).Take(Ngrams.Words)).ToUpperInvariant();

        var second = Folder();
        var tallies = Write(second, 1, [.. Ngrams.Hashes(planted)]);
        Assert.True(tallies.Values.Sum(t => t.Overlapping) >= 1);
        Assert.DoesNotContain(document, JsonText.Strings(Path.Combine(second, "corpus.jsonl")));
    }

    [Fact]
    public void The_overlap_check_finds_a_planted_sequence_and_nothing_else()
    {
        var folder = Folder();
        Write(folder, 1);
        var corpus = Path.Combine(folder, "corpus.jsonl");
        var words = Ngrams.Normalise(JsonText.Strings(corpus).First(t => Ngrams.Normalise(t).Count > 40));
        var (planted, clean) = (Path.Combine(folder, "planted.txt"), Path.Combine(folder, "clean.txt"));
        File.WriteAllText(planted, "Quite another beginning, then " + string.Join(' ', words.Skip(10).Take(9)) + ". Zebra quartz jumbles vex.");
        File.WriteAllText(clean, "Quite another beginning, then " + string.Join(' ', words.Skip(10).Take(7)) + " zebra quartz jumbles vex nobody here.");
        Assert.Equal([("planted", 2), ("clean", 0)],
            Overlap.WithCorpus([corpus], [("planted", planted), ("clean", clean)]).Select(r => (r.Name, r.Shared)));
    }

    [Fact]
    public void The_written_corpus_shares_nothing_with_the_shipped_data()
    {
        var folder = Folder();
        var heldOut = HeldOut.Files(SharedData.RepositoryRoot, data: null).ToList();
        Assert.Equal(4, heldOut.Count);
        var tallies = Write(folder, 1, [.. heldOut.SelectMany(h => HeldOut.Grams(h.Path))]).Values;
        // The writer drops what chance made alike; more than that would be a bank that copies.
        Assert.True(tallies.Sum(t => t.Overlapping) <= tallies.Sum(t => t.Documents) / 100);
        Assert.All(Overlap.WithCorpus([Path.Combine(folder, "corpus.jsonl")], heldOut), r => Assert.Equal(0, r.Shared));
    }

    [Theory]
    [InlineData("a apple and a hour, then a unicorn", "An apple and an hour, then a unicorn")]
    [InlineData("it was  late . \"come!\" said he. \"no.\" then ^rain", "It was late. \"Come!\" said he. \"No.\" Then Rain")]
    [InlineData("%ann@post.example is it", "ann@post.example is it")]
    public void Tidying_puts_articles_spaces_and_capitals_right(string raw, string tidy) => Assert.Equal(tidy, Tidy.Apply(raw));

    [Theory]
    [InlineData("s", "wooden box", "wooden boxes")]
    [InlineData("s", "berry", "berries")]
    [InlineData("ed", "carry a sack", "carried a sack")]
    [InlineData("ed", "stop", "stopped")]
    [InlineData("ing", "bake bread", "baking bread")]
    [InlineData("v", "watch birds", "watches birds")]
    public void Endings_follow_english_spelling(string modifier, string word, string expected) => Assert.Equal(expected, Inflect.Apply(modifier, word));

    [Fact]
    public void A_broken_bank_is_refused_with_its_line()
    {
        var bank = new Bank();
        Assert.Contains("words.txt:2", Assert.Throws<InvalidDataException>(() => bank.Read("words.txt", "rule:\nan {open reference")).Message, StringComparison.Ordinal);
        Assert.Contains("words.txt:2", Assert.Throws<InvalidDataException>(() => bank.Read("words.txt", "@table a b\nonly one")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_once_bound_stays_the_same()
    {
        var bank = new Bank();
        bank.Read("words.txt", "@who name\nann,bob,eve,kim,max\nline:\n{x:=who}{x} and {x} met {y=who}.");
        for (var i = 0UL; i < 50; i++)
        {
            var words = new Expander(bank, new Draw(1, i)).Raw("line").TrimEnd('.').Split(' ');
            Assert.Equal(words[0], words[2]);
            Assert.NotEqual(words[0], words[4]);
        }
    }

    [GeneratedRegex(@"[{}\[\]|^%\u27E6]|=>|:=|  |\b[Aa] [aeio]\w|\.\.(?!\.)(?<!\.\.\.)")]
    private static partial Regex LeftOver();

    // What a document may hold of these marks: the turns of a conversation, and answers in the form of JSON or of fields between bars.
    [GeneratedRegex(@"<\||\|>|\{""[^{}]*""\}| \| ")]
    private static partial Regex AnswerForm();

    [GeneratedRegex(@"\A(<\|system\|>\n[^<]+<\|end\|>\n)?(<\|user\|>\n[^<]+<\|end\|>\n<\|assistant\|>\n[^<]+<\|end\|>\n)+\z")]
    private static partial Regex Chat();

    [GeneratedRegex(@"\d{2,6}")]
    private static partial Regex Digits();
}
