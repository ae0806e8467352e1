using System.Text;
using Attune.Quality.Detectors;

namespace Attune.Tests.Quality.Detectors;

public class MojibakeTests(ITestOutputHelper output)
{
    // Windows-1252 as WHATWG has it, from its table: what a program does that reads UTF-8 by the wrong name.
    private const string High = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    private static readonly string[] Sound =
    [
        "Die Straße zum Café ist schön, aber naß.", "„Spaß“ sagt er; »Süß« sagt sie — “CAFÉ” und “ÜBERMUT”…", "L'été à Besançon, où l'on mangeait des crêpes à 3 € pièce…", "¿Qué pasó mañana? ¡Nada! NIÑO’S “AÑO”",
        "São Paulo: IRMÃ, AMANHÃ… “MAÇÔ", "Příliš žluťoučký kůň úpěl ďábelské ódy.", "Zażółć gęślą jaźń", "Москва — столица, и это знают все.", "Το σπίτι είναι παλιό.", "日本語の文章です。", "5 × 3 ÷ 2 = 7½ ± 1°, 20 µm, © 2020 ™ ®", "naïve façade — “quoted” ‘single’ • bullet",
        "Á, É, Í, Ó, Ú, Ñ, Ü", "😀 fine 👍🏽", "İstanbul’da ışık", "Đà Nẵng là một thành phố", "«À bientôt»", "Å, Ä, Ö “Å” „Ä“", "Ø 5 mm, Ø³, 3×² ", "the Ð and Þ of Iceland: Ísafjörður, Þór",
    ];

    private static readonly string[] Damaged =
    [
        "Die Straße zum Café ist schön.", "It’s a “quoted” word — and more…", "¿Qué pasó mañana?", "São Paulo é a maior cidade; não há outra.", "Příliš žluťoučký kůň úpěl ďábelské ódy.", "Москва — столица", "Το σπίτι είναι παλιό.", "日本語の文章です。", "price: 3 €", "20 °C, ½ litre, © 2020",
        "😀 fine", "İstanbul’da ışık", "«À bientôt»", "Đà Nẵng là một thành phố",
    ];

    [Fact]
    public void Sound_texts_of_many_languages_are_left_as_they_are() => Assert.All(Sound, s => Assert.Null(Mojibake.Repair(s)));

    [Fact]
    public void Damage_is_undone_once_and_twice() => Assert.All(Damaged, s =>
    {
        Assert.Equal(s, Mojibake.Repair(Misread(s, High)));
        Assert.Equal(s, Mojibake.Repair(Misread(Misread(s, High), High)));
    });

    [Fact]
    public void Latin_1_is_undone_too() =>
        Assert.All(Damaged, s => Assert.Equal(s, Mojibake.Repair(Misread(s, string.Concat(Enumerable.Range(0x80, 32).Select(static c => (char)c))))));

    [Fact]
    public void Only_the_damaged_part_changes() => Assert.Equal("über “Köln” and café", Mojibake.Repair("über “Köln” and cafÃ©"));

    [Fact]
    public void Planted_damage_is_found_and_sound_rows_are_not()
    {
        var (score, repaired) = (new Planted(), 0);
        var made = new MadeText(3);
        for (var i = 0; i < 2000; i++)
        {
            var text = $"{made.One(Sound)} {made.One(Damaged)} {made.Next(1000)}";
            var damaged = $"{made.One("plain words first,", "Straße:", "„Maß“")} {Misread(made.One(Damaged), High)} {made.Next(1000)}";
            score.Add(false, EncodingDamage.Of(text).Misread);
            score.Add(true, EncodingDamage.Of(damaged).Misread);
            if (Mojibake.Repair(damaged) is { } back && Mojibake.Repair(back) is null) repaired++;
        }
        output.WriteLine($"{score}, {repaired} of 2000 repaired");
        Assert.True(score.Recall >= 0.99 && score.Precision >= 0.99, score.ToString());
        Assert.Equal(2000, repaired);
    }

    [Fact]
    public void Other_damage_is_counted_by_its_kind()
    {
        var damage = EncodingDamage.Of("a\uFFFD\uFFFDb \u0007\u001B[0m x\uFEFFy \ud83d 😀\tok\r\n");
        Assert.Equal(new EncodingDamage(2, false, 2, 1, 1), damage);
        Assert.True(damage.Any);
        Assert.False(EncodingDamage.Of("fine 😀\n\ttext").Any);
        Assert.Equal("a [0m xy", EncodingDamage.Repair("a \u001B[0m x\uFEFFy"));
        Assert.Null(EncodingDamage.Repair("as it is\n"));
    }

    private static string Misread(string text, string high) => string.Concat(Encoding.UTF8.GetBytes(text).Select(b => b is >= 0x80 and < 0xA0 ? high[b - 0x80] : (char)b));
}
