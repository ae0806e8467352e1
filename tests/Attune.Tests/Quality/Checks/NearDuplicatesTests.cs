using System.Globalization;
using Attune.Quality;

namespace Attune.Tests.Quality.Checks;

public class NearDuplicatesTests : QualityFiles
{
    private static readonly string[] Vocabulary = [.. Enumerable.Range(0, 5000).Select(static i => $"w{i * 7919 % 99991:x}")];

    private static string[] Text(Random random, int words) => [.. Enumerable.Range(0, words).Select(_ => Vocabulary[random.Next(Vocabulary.Length)])];

    private static int RowOf(QualityExample example) => int.Parse(example.Place.Split(' ')[^1], CultureInfo.InvariantCulture);

    private QualityFinding Found(IEnumerable<(string, string)> rows, double near = 0.8) =>
        Of(Report(new QualityOptions { Files = [Write("a.jsonl", Rows([.. rows]))], Settings = new QualitySettings { Examples = int.MaxValue, Near = near } }), "near");

    /// <summary>
    /// Rows with words replaced, and others on purpose below the threshold: precision and recall, by the exact similarity of the made texts.
    /// </summary>
    [Fact]
    public void Planted_near_duplicates_are_found_and_no_others()
    {
        var random = new Random(11);
        var (rows, planted, below) = (new List<string[]>(), new HashSet<int>(), 0);
        for (var i = 0; i < 4000; i++)
        {
            if (i < 500 || random.Next(4) > 0)
            {
                rows.Add(Text(random, random.Next(30, 120)));
                continue;
            }
            var origin = rows[random.Next(500)];
            var copy = (string[])origin.Clone();
            for (var change = random.Next(1, 1 + copy.Length / 14); change > 0; change--) copy[random.Next(copy.Length)] = Vocabulary[random.Next(Vocabulary.Length)];
            rows.Add(copy);
            // Near to the origin, or to another copy of it.
            if (rows.Take(i).Any(r => r.Length == copy.Length && Jaccard(r, copy) >= 0.8)) planted.Add(i + 1);
            else below++;
        }
        var found = Found(rows.Select(static r => (string.Join(' ', r[..20]), string.Join(' ', r[20..]))));
        var hit = found.Examples.Select(RowOf).ToHashSet();
        Assert.True(planted.Count > 300 && below > 100, $"{planted.Count} above and {below} below the threshold");
        var (precision, recall) = ((double)hit.Intersect(planted).Count() / hit.Count, (double)hit.Intersect(planted).Count() / planted.Count);
        Assert.True(precision == 1 && recall >= 0.99, $"precision {precision:F4}, recall {recall:F4}, of {planted.Count} planted and {below} others");
    }

    [Fact]
    public void Labels_must_be_the_same_and_long_answers_nearly()
    {
        var question = string.Join(' ', Text(new Random(3), 40));
        var (answer, other) = (string.Join(' ', Text(new Random(4), 40)), string.Join(' ', Text(new Random(4), 40)[..39]) + " else");
        Assert.Equal(0, Found([(question, "refund"), (question + " now", "complaint")]).Rows);
        Assert.Equal(1, Found([(question, "refund"), (question + " now", "refund")]).Rows);
        Assert.Equal(1, Found([(question, answer), (question + " now", other)]).Rows);
    }

    [Fact]
    public void Calls_must_be_the_same_however_long_and_ids_say_nothing()
    {
        var question = string.Join(' ', Text(new Random(3), 40));
        string[] rooms = ["kitchen", "bedroom", "garage"];
        long Rows(IEnumerable<string> rows) => Of(Report(Write("a.jsonl", string.Concat(rows))), "near").Rows;
        Assert.Equal(0, Rows(rooms.Select(r => CallRow($"{question} {r}", "light", new { room = r }))));
        Assert.Equal(0, Rows(rooms.Select(r => CallRow($"{question} {r}", "light", new { room = r, note = question }))));
        Assert.Equal(0, Rows(new[] { 1, 2 }.Select(n => CallRow($"{question} {n}", "light", new { level = n }))));
        Assert.Equal(2, Rows(rooms.Select(r => CallRow($"{question} {r}", "light", new { room = "all" }, id: $"call_{r}"))));
    }

    [Fact]
    public void What_is_said_in_calls_and_in_reasoning_counts()
    {
        string Long(int seed) => string.Join(' ', Text(new Random(seed), 40));
        long Rows(params string[] rows) => Of(Report(Write("a.jsonl", string.Concat(rows))), "near").Rows;
        Assert.Equal(0, Rows(CallRow("Do it.", "write", new { text = "x" }, reasoning: Long(1)), CallRow("Do it!", "write", new { text = "x" }, reasoning: Long(2))));
        Assert.Equal(1, Rows(CallRow("Do it.", "write", new { text = "x" }, reasoning: Long(1)), CallRow("Do it!", "write", new { text = "x" }, reasoning: Long(1) + " so")));
    }

    [Fact]
    public void Exact_duplicates_are_left_to_their_own_check_but_not_by_the_remedy()
    {
        var text = string.Join(' ', Text(new Random(3), 40));
        (string, string)[] rows = [(text, "x"), (text.ToUpperInvariant(), "x"), (text + " now", "x"), ("else", "x")];
        var found = Found(rows);
        Assert.Equal([3], found.Examples.Select(RowOf));
        var path = Write("b.jsonl", Rows(rows));
        DataQuality.Clean(new CleanOptions { Look = new QualityOptions { Files = [path] }, Remedies = ["near"], Out = path + ".out" }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(Rows(rows[0], rows[3]), File.ReadAllText(path + ".out"));
    }

    [Fact]
    public void Punctuation_and_case_do_not_tell_words_apart_and_languages_without_blanks_have_words_too()
    {
        Assert.Equal(1, Found([("Hi! Where - is, my order?", "Here."), ("hi where is my order", "here")]).Rows);
        const string chinese = "我想知道我的订单现在在哪里可以请你帮我查一下吗谢谢你的帮助祝你有愉快的一天";
        Assert.Equal(1, Found([(chinese, "好"), (chinese + "啊", "好")]).Rows);
        Assert.Equal(0, Found([(chinese, "好"), (string.Concat(chinese.Reverse()), "好")]).Rows);
    }

    [Fact]
    public void The_threshold_decides()
    {
        var text = Text(new Random(3), 60);
        var changed = (string[])text.Clone();
        changed[30] = changed[45] = "other";
        var similarity = Jaccard(text, changed);
        (string, string)[] rows = [(string.Join(' ', text), "x"), (string.Join(' ', changed), "x")];
        Assert.Equal(1, Found(rows, similarity - 0.02).Rows);
        Assert.Equal(0, Found(rows, similarity + 0.03).Rows);
    }

    [Fact]
    public void A_row_without_words_is_no_duplicate() => Assert.Equal(0, Found([("?", "!"), ("??", "!"), ("a", "b")]).Rows);

    private static double Jaccard(string[] a, string[] b)
    {
        static HashSet<string> Shingles(string[] words) => [.. Enumerable.Range(0, words.Length - 2).Select(i => string.Join(' ', words[i..(i + 3)]))];
        var (x, y) = (Shingles(a), Shingles(b));
        var shared = x.Intersect(y).Count();
        return (double)shared / (x.Count + y.Count - shared);
    }
}
