namespace Attune.Text;

/// <summary>The ids that are put before and after those of a single text.</summary>
internal sealed record PostProcessor(int[] Prefix, int[] Suffix)
{
    public static readonly PostProcessor None = new([], []);

    /// <summary>The post-processors of tokenizer.json by their "type". ByteLevel only trims offsets, which here always cover the text.</summary>
    private static readonly Dictionary<string, Func<Section, PostProcessor>> Types = new()
    {
        ["ByteLevel"] = _ => None,
        ["TemplateProcessing"] = ReadTemplate,
        ["Sequence"] = s => s.Required("processors").Items().Select(Read).Aggregate(None, (inner, outer) =>
            new([.. outer.Prefix, .. inner.Prefix], [.. inner.Suffix, .. outer.Suffix])),
    };

    public static PostProcessor Read(Section section) => Supported.Build(Types, section, "post-processor");

    private static PostProcessor ReadTemplate(Section section)
    {
        var single = section.Required("single");
        var (prefix, suffix, texts) = (new List<int>(), new List<int>(), 0);
        foreach (var item in single.Items())
        {
            if (item.Optional("Sequence") is not null) texts++;
            else (texts == 0 ? prefix : suffix).AddRange(IdsOf(section, item.Required("SpecialToken").Required("id")));
        }
        return texts == 1 ? new([.. prefix], [.. suffix]) : throw single.Wrong($"expected one Sequence in the template, found {texts}");
    }

    private static IEnumerable<int> IdsOf(Section section, Section name)
    {
        var token = section.Required("special_tokens").Optional(name.Text()) ?? throw name.Wrong($"\"{name.Text()}\" is not among the template's special_tokens");
        return token.Required("ids").Items().Select(id => id.Count(Vocabulary.MaximumId));
    }
}
