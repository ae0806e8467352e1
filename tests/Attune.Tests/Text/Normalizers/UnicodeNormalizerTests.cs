using System.Security.Cryptography;
using System.Text;
using Attune.Text;
using Attune.Text.Normalizers;

namespace Attune.Tests.Text.Normalizers;

public class UnicodeNormalizerTests
{
    /// <summary>The letters of normalization_hashes.py, from which the hashes are.</summary>
    private static readonly int[] Alphabet =
    [
        .. "aeiouAOsdDlzİıſ가각각ᆩﬁ①½Å".Select(c => (int)c),
        0x300, 0x301, 0x302, 0x303, 0x304, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x31B, 0x323, 0x327, 0x328, 0x338, 0x345, 0x5B0, 0x5BC, 0x93C, 0x915,
        0x9C7, 0x9BE, 0x3099, 0x304B, 0x30AB, 0xFF76, 0xFF9E, 0x1100, 0x1161, 0x11A8, 0xF71, 0xF72, 0xF73, 0x1D15E, 0x1D165, 0x110BA, 0x11099, 0x20,
    ];

    [Theory]
    [InlineData("NFC", "d6e7e73f03aea272f3c3e96e270e2dbd949f0e9471933072802e9728d3b9b49f", "facc420517ba3895ed89ac4fde2152332a0288e7b941b5f60faf4079c9ffc653")]
    [InlineData("NFD", "a378f356ebb0da395829fe7b3cdbeb065ff0cb899115e9fb1a0970d40cde3405", "4f3e2bb16a8a2f34ed865af8105dbcbaabfb8b158531a1cbf63a8062b96e02eb")]
    [InlineData("NFKC", "018ce8afa8280e20798780aa38954df91433c9a2cb1cd76f7967e4d27e2c7661", "bd1b68c69bf02bc98b788709bb78d4ce74cf8282538fe26b9bc686dbe3fbc758")]
    [InlineData("NFKD", "801f4debc274e6f1364671dc2a58129c94c673b0000732df34b7c6c198a8ec2b", "8432fabf0c6f2d099e44b0414fb85bd320e9ecd14f95354bf811de89db3cd6d1")]
    public void Every_code_point_and_mixed_strings_are_as_in_Python(string form, string codePoints, string mixed)
    {
        var normalizer = new UnicodeNormalizer(compose: form.EndsWith('C'), compatibility: form.Contains('K', StringComparison.Ordinal));
        var all = Enumerable.Range(0, 0x30000).Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32);
        Assert.Equal(codePoints, Hash(all, normalizer));
        Assert.Equal(mixed, Hash(Mixed(), normalizer));
    }

    [Fact]
    public void A_composed_character_stands_for_all_that_it_was_made_of()
    {
        var text = new UnicodeNormalizer(compose: true, compatibility: false).Normalize(MappedText.Original("xe\u0301y"));
        Assert.Equal("xéy", text.Text);
        Assert.Equal([(0, 1), (1, 3), (3, 4)], Enumerable.Range(0, 3).Select(i => (text.StartOf(i), text.EndOf(i))));
    }

    [Fact]
    public void A_decomposed_character_stands_for_its_origin_in_each_part()
    {
        var text = new UnicodeNormalizer(compose: false, compatibility: true).Normalize(MappedText.Original("aﬁé"));
        Assert.Equal("afie\u0301", text.Text);
        Assert.Equal([(0, 1), (1, 2), (1, 2), (2, 3), (2, 3)], Enumerable.Range(0, 5).Select(i => (text.StartOf(i), text.EndOf(i))));
    }

    [Fact]
    public void Half_a_surrogate_pair_passes_unchanged()
    {
        var text = new UnicodeNormalizer(compose: true, compatibility: true).Normalize(MappedText.Original("é\uD800①"));
        Assert.Equal("é\uD8001", text.Text);
    }

    private static IEnumerable<string> Mixed()
    {
        var state = 12345L;
        for (var i = 0; i < 20000; i++)
        {
            var text = new StringBuilder();
            for (var j = 0; j < 8; j++)
            {
                state = (state * 1103515245 + 12345) % 2147483648;
                text.Append(char.ConvertFromUtf32(Alphabet[(int)((state >> 8) % Alphabet.Length)]));
            }
            yield return text.ToString();
        }
    }

    private static string Hash(IEnumerable<string> texts, UnicodeNormalizer normalizer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts) hash.AppendData(System.Text.Encoding.UTF8.GetBytes(normalizer.Normalize(MappedText.Original(text)).Text + "\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
