using System.Numerics;
using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Detectors;

public class PersonalDataTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("Write to anna.berg+news@mail.nordbank.se, please.", "mail address", "anna.berg+news@mail.nordbank.se")]
    [InlineData("(o'neil@uni-x.ac.uk)", "mail address", "o'neil@uni-x.ac.uk")]
    [InlineData("My card is 4539 1488 0343 6467.", "card number", "4539 1488 0343 6467")]
    [InlineData("378282246310005", "card number", "378282246310005")]
    [InlineData("3782-822463-10005", "card number", "3782-822463-10005")]
    [InlineData("IBAN: DE89 3704 0044 0532 0130 00 at the bank", "IBAN", "DE89 3704 0044 0532 0130 00")]
    [InlineData("gb29nwbk60161331926819", "IBAN", "gb29nwbk60161331926819")]
    [InlineData("logged in from 85.214.132.117 at noon", "IP address", "85.214.132.117")]
    [InlineData("from 2a02:8109:9c40:1e44::17", "IP address", "2a02:8109:9c40:1e44::17")]
    [InlineData("Ring +49 (0)30 901820 today", "phone number", "+49 (0)30 901820")]
    [InlineData("Tel:+44 20 7946 0958", "phone number", "+44 20 7946 0958")]
    [InlineData("call me at (212) 664-7665", "phone number", "(212) 664-7665")]
    [InlineData("415-863-2100 is mine", "phone number", "415-863-2100")]
    [InlineData("mon portable : 06 12 34 56 78.", "phone number", "06 12 34 56 78")]
    [InlineData("phone 0171/2345678", "phone number", "0171/2345678")]
    [InlineData("+1 (415) 863-2100", "phone number", "+1 (415) 863-2100")]
    public void Each_form_is_found_with_its_borders(string text, string kind, string part)
    {
        var found = Assert.Single(PersonalData.Find(text));
        Assert.Equal((kind, part), (found.Kind.Name, text.Substring(found.Start, found.Length)));
    }

    [Theory]
    [InlineData("icon@2x.png")]
    [InlineData("someone@example.com")]
    [InlineData("git@github.com:org/repo.git")]
    [InlineData("user:secret@host.de/path")]
    [InlineData("@decorator.setter and a @ b.c")]
    [InlineData("4539 1488 0343 6468")]
    [InlineData("order 4539148803436460001")]
    [InlineData("0.4539148803436467")]
    [InlineData("DE89 3704 0044 0532 0130 01")]
    [InlineData("version 119.0.6045.105 and v85.214.132.117")]
    [InlineData("192.168.178.20, 10.200.3.4, 127.0.0.1, 255.255.255.0, 203.0.113.77")]
    [InlineData("see section 4.1.2.3 of 1.2.3.4.5")]
    [InlineData("std::vector<int>, 12:30:45, a::b, 2001:db8::1")]
    [InlineData("on 2024-03-15 12:30:45 and 15.03.2024, 1999-2004")]
    [InlineData("order number 415-863-2100")]
    [InlineData("1-800-444-3333, toll-free, or 555-0143")]
    [InlineData("ISBN 978-3-16-148410-0, ISSN 0378-5955")]
    [InlineData("the hotel 0123 456789 of 12 345 678")]
    [InlineData("3.14159265358979 and 1,234,567,890 and $ 1234567890")]
    [InlineData("5 +123456789012")]
    [InlineData("1234567890 1700000000123 20240315123045")]
    [InlineData("logged in from ٨٥.٢١٤.١٣٢.١١٧")]
    [InlineData("٤٥٣٩١٤٨٨٠٣٤٣٦٤٦٧")]
    [InlineData("٤٥٣٩ ١٤٨٨ ٠٣٤٣ ٦٤٦٧")]
    [InlineData("call 233-555-٣٣٣1")]
    [InlineData("４５３９１４８８０３４３６４６７ and ８５.２１４.１３２.１１７")]
    public void What_only_looks_like_it_is_left_alone(string text) => Assert.Empty(PersonalData.Find(text));

    [Fact]
    public void Placeholders_take_the_place_and_nothing_else_changes()
    {
        Assert.Equal("Mail [EMAIL] or call [PHONE]; IBAN [IBAN].", PersonalData.Mask("Mail a.b@nordbank.se or call +49 30 901820; IBAN DE89370400440532013000."));
        const string clean = "Nothing here at 10:30.";
        Assert.Same(clean, PersonalData.Mask(clean));
    }

    [Fact]
    public void Planted_data_is_found_and_decoys_are_not()
    {
        var made = new MadeText(7);
        foreach (var kind in PersonalData.Kinds)
        {
            var score = new Planted();
            for (var i = 0; i < 2000; i++)
            {
                var planted = Plant(kind.Name, made);
                score.Add(true, PersonalData.Find(Sentence(made, planted)).Any(f => f.Kind == kind && f.Length == planted.Length));
                score.Add(false, PersonalData.Find(Sentence(made, Decoy(made))).Any(f => f.Kind == kind));
            }
            output.WriteLine($"{kind.Name}: {score}");
            Assert.True(score.Recall >= 0.98 && score.Precision >= 0.99, $"{kind.Name}: {score}");
        }
    }

    [Fact]
    public void A_hostile_text_costs_no_more_than_its_length()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (var piece in new[] { "a", "@", "a@", "1", "1 ", "a.", "+1", "DE12", "1.", ":1", "(1)" })
            PersonalData.Find(string.Concat(Enumerable.Repeat(piece, 100_000)));
        Assert.True(clock.Elapsed.TotalSeconds < 10, $"{clock.Elapsed}");
    }

    private static string Sentence(MadeText made, string part) => string.Format(System.Globalization.CultureInfo.InvariantCulture,
        made.One("Hello, {0} is what I have, thanks.", "{0}", "As you asked: {0}.", "I wrote it down ({0}) some days ago", "It was {0}, was it not?", "name; {0}; city"), part);

    private static string Plant(string kind, MadeText made) => kind switch
    {
        "mail address" => $"{made.One("jo", "m.ruiz", "k_lee", "anna-lena", "p.o", "x")}{made.Digits(made.Next(3))}{made.One("", "+shop", ".private")}@{made.One("gmx", "mail.nordbank", "uni-ulm", "firma7", "my.co")}.{made.One("de", "com", "org", "co.uk", "io", "museum")}",
        "card number" => Card(made),
        "IBAN" => Iban(made),
        "IP address" => $"{made.Next(90) + 110}.{made.Next(180) + 20}.{made.Next(256)}.{made.Next(254) + 1}".Replace("127.", "128.", StringComparison.Ordinal).Replace("192.168.", "193.168.", StringComparison.Ordinal)
            .Replace("169.254.", "170.254.", StringComparison.Ordinal).Replace("172.", "173.", StringComparison.Ordinal).Replace("198.", "199.", StringComparison.Ordinal),
        _ => made.Fill(made.One("+49 ~## #######", "+49~##########", "+44 20 7### ####", "+1 (415) 8##-####", "+1-212-7##-####", "(312) 4##-####", "617-2##-####", "+33 6 ## ## ## ##", "06 ## ## ## ##", "+81-3-####-####", "0049 30 ~######", "646.3##.####")),
    };

    private static string Decoy(MadeText made) => made.Fill(made.One("order 1##-#######-#######", "#~/~#/20##", "20##-1#-2#", "20##-1#-2# 1#:2#:3#", "v#.##.###", "#.#.#.#", "10.#.##.~#", "192.168.#.~#", "##:##:##", "~###-####", "A-####-####-##",
        "invoice 20######", "$~,###,###.##", "#.##########", "~## ### ###", "978-#-##-######-#", "tracking 1Z#########", "PMID ########", "~####", "####-####", "commit 4e##f#a##c#", "item@##", "ratio ##:##", "DE## of ####", "ticket #~####-###-####", "10^## + ##",
        "~.~#.#.##", "~.##.#.~##", "~### ### ## #", "IBAN DE##", "19##-19##", "########", "1#########", "17########", "~##############", "f(##)=####", "chr#:########-########", "ID 0~##-###"));

    private static string Card(MadeText made)
    {
        var digits = made.Fill(made.One("4##############", "4556###########", "51#############", "2221###########", "37############", "6011###########", "3530###########", "36###########"));
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var d = digits[digits.Length - 1 - i] - '0';
            sum += i % 2 == 0 ? d * 2 / 10 + d * 2 % 10 : d;
        }
        digits += (char)('0' + (10 - sum % 10) % 10);
        var by = made.One("", " ", "-");
        return digits.Length == 16 ? string.Join(by, digits[..4], digits[4..8], digits[8..12], digits[12..]) : string.Join(by, digits[..4], digits[4..10], digits[10..]);
    }

    private static string Iban(MadeText made)
    {
        var (country, form) = made.Next(5) switch { 0 => ("DE", "##################"), 1 => ("FR", "#######################"), 2 => ("GB", "NWBK##############"), 3 => ("NO", "###########"), _ => ("NL", "ABNA##########") };
        var account = made.Fill(form);
        var number = string.Concat((account + country + "00").Select(c => char.IsDigit(c) ? c.ToString() : (c - 'A' + 10).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var all = $"{country}{98 - (int)(BigInteger.Parse(number, System.Globalization.CultureInfo.InvariantCulture) % 97):00}{account}";
        return made.Next(2) == 0 ? all : string.Join(' ', all.Chunk(4).Select(static c => new string(c)));
    }
}
