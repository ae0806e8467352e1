using System.Globalization;
using System.Text;
using Attune.Corpus.Text;

namespace Attune.Corpus.Skills;

/// <summary>
/// The customer-support data of the quick start: an answer is <c>intent: …; slot: …</c>, a new line, and one sentence for the customer.
/// Phrases are expanded with marks in place of the slot values, so that neither tidying nor typing errors touch a value.
/// </summary>
internal sealed class Support
{
    /// <summary>Rows of the three splits.</summary>
    public static readonly (string Split, int Rows)[] Splits = [("train", 2400), ("valid", 120), ("test", 240)];

    public static readonly string[] Intents =
    [
        "track_order", "cancel_order", "change_address", "return_item", "refund_status", "damaged_item", "missing_item", "payment_failed", "invoice_request",
        "reset_password", "change_email", "product_stock", "opening_hours", "speak_to_human", "shipping_cost", "discount_code",
    ];

    private static readonly string[] Slots = ["order", "mail", "item", "city", "amount", "code"];

    private readonly Bank train = Bank.Load("support-train", "support-answers");
    private readonly Bank held = Bank.Load("support-held", "support-answers");

    /// <summary>
    /// All splits: intents in turn, no row twice, in an order drawn from the seed. Test is drawn first, validation apart from it, training apart from both:
    /// a phrase that two writers hit upon alike measures nothing, so it is left out of the later split.
    /// </summary>
    public Dictionary<string, List<(string Ask, string Answer)>> All(ulong seed)
    {
        var all = new Dictionary<string, List<(string, string)>>();
        var phrases = new HashSet<string>();
        var apart = new List<HashSet<ulong>>();
        foreach (var (split, count) in Splits.Reverse())
        {
            var rows = Rows(split, count, seed, apart);
            all[split] = [.. rows.Select(r => (r.Ask, r.Answer))];
            apart.AddRange(rows.Select(r => r.Phrase).Where(phrases.Add).Select(Overlap.Grams));
        }
        return all;
    }

    private List<(string Ask, string Answer, string Phrase)> Rows(string split, int count, ulong seed, List<HashSet<ulong>> apart)
    {
        var bank = split == "train" ? train : held;
        var draw = new Draw(seed, Ngrams.Hash(split));
        var expanders = Intents.ToDictionary(i => i, _ => new Expander(bank, draw));
        var rows = new List<(string, string, string)>();
        var seen = new HashSet<string>();
        var tooNear = new Dictionary<string, bool>();
        for (var attempt = 0; rows.Count < count; attempt++)
        {
            if (attempt > 50 * count)
                throw new InvalidDataException($"The phrases for '{split}' do not suffice for {count} different rows.");
            var intent = Intents[rows.Count % Intents.Length];
            var row = Row(bank, expanders[intent], split == "train" ? intent : $"{split}_{intent}", intent);
            if (!tooNear.TryGetValue(row.Phrase, out var near))
            {
                var grams = Overlap.Grams(row.Phrase);
                tooNear[row.Phrase] = near = apart.Exists(other => Overlap.Jaccard(grams, other) >= Overlap.NearDuplicate);
            }
            if (near)
                continue;
            if (seen.Add(row.Ask))
                rows.Add(row);
            else
                expanders[intent] = new Expander(bank, draw);
        }
        return draw.Sample(rows, rows.Count);
    }

    private static (string Ask, string Answer, string Phrase) Row(Bank bank, Expander phrases, string rule, string intent)
    {
        var draw = phrases.Draw;
        var values = Draw(bank, draw);
        foreach (var slot in Slots)
            phrases.Bind(slot, Mark(slot));
        var phrase = Tidy.Apply(phrases.Raw(rule));
        var ask = Messy(phrase, draw);
        var answer = phrases.Raw($"answer_{intent}");
        answer = $"intent: {intent}" + (answer[0] == '\n' ? "" : "; ") + answer;
        return (Fill(ask, values), Fill(answer, values), phrase);
    }

    // Digits, since tidying would give a word a capital.
    private static string Mark(string slot) => $"\u27E6{Array.IndexOf(Slots, slot)}\u27E7";

    private static string Fill(string text, Dictionary<string, string> values)
    {
        foreach (var (slot, value) in values)
            text = text.Replace(Mark(slot), value, StringComparison.Ordinal);
        return text;
    }

    private static Dictionary<string, string> Draw(Bank bank, Draw draw)
    {
        string One(string table) => draw.Pick(bank.Table(table)).Value;
        var cents = draw.Pick([0, 49, 50, 90, 95, 99]);
        return new()
        {
            ["order"] = draw.Between(10_000, 99_999).ToString(CultureInfo.InvariantCulture),
            ["mail"] = $"{One("user")}@{One("host")}",
            ["item"] = One("item"),
            ["city"] = One("city"),
            ["amount"] = string.Create(CultureInfo.InvariantCulture, $"{draw.Between(5, 240)}.{cents:00}"),
            ["code"] = One("code"),
        };
    }

    /// <summary>A quarter of the customers type carelessly: no capitals, no full stop, now and then two letters swapped.</summary>
    private static string Messy(string text, Draw draw)
    {
        if (!draw.Chance(0.25))
            return text;
        text = text.ToLowerInvariant().TrimEnd('.');
        if (!draw.Chance(0.5))
            return text;
        var words = text.Split(' ');
        var at = draw.Below(words.Length);
        if (words[at].Length >= 5 && words[at].All(char.IsLetter))
        {
            var letters = new StringBuilder(words[at]);
            var i = 1 + draw.Below(letters.Length - 3);
            (letters[i], letters[i + 1]) = (letters[i + 1], letters[i]);
            words[at] = letters.ToString();
        }
        return string.Join(' ', words);
    }
}
