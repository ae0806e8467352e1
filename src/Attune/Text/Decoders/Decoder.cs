using Attune.Text.Patterns;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Decoders;

/// <summary>Turns tokens back into text, as a stage in a stream: whatever is settled is handed on at once.</summary>
internal interface IDecoder
{
    DecoderStage Open(DecoderStage next);
}

/// <summary>
/// One stage of a running decoder. Tokens arrive in order, each as any number of calls of <see cref="Text"/> followed by <see cref="EndToken"/>;
/// after the last one comes <see cref="End"/>. What has been handed on is never taken back.
/// </summary>
internal abstract class DecoderStage
{
    public abstract void Text(ReadOnlySpan<char> text);

    public abstract void EndToken();

    public abstract void End();
}

/// <summary>The decoders of tokenizer.json by their "type".</summary>
internal static class DecoderTable
{
    private static readonly Dictionary<string, Func<Section, IDecoder>> Types = new()
    {
        ["Sequence"] = s => new DecoderSequence([.. s.Required("decoders").Items().Select(Read)]),
        ["ByteLevel"] = _ => new ByteLevelDecoder(),
        ["ByteFallback"] = _ => new ByteFallbackDecoder(),
        ["Fuse"] = _ => new FuseDecoder(),
        ["Metaspace"] = s => new MetaspaceDecoder(MetaspacePreTokenizer.ReadReplacement(s), MetaspacePreTokenizer.ReadPrepend(s) != MetaspacePreTokenizer.Prepend.Never),
        ["Replace"] = s => new ReplaceDecoder(TextPattern.Read(s.Required("pattern")), s.Required("content").Text()),
        ["Strip"] = ReadStrip,
    };

    public static IDecoder Read(Section section) => Supported.Build(Types, section, "decoder");

    private static StripDecoder ReadStrip(Section section)
    {
        var content = section.Required("content");
        if (content.Text() is not [var single] || char.IsSurrogate(single)) throw content.Wrong("expected one character");
        return new StripDecoder(single, section.Optional("start")?.Count(1 << 20) ?? 0, section.Optional("stop")?.Count(1 << 20) ?? 0);
    }
}

internal sealed class DecoderSequence(IDecoder[] steps) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => steps.Reverse().Aggregate(next, (after, step) => step.Open(after));
}

/// <summary>Joins tokens by spaces: what is done where a tokenizer names no decoder.</summary>
internal sealed class SpaceDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage
    {
        private bool separate;

        public override void Text(ReadOnlySpan<char> text)
        {
            if (separate) next.Text(" ");
            separate = false;
            next.Text(text);
        }

        public override void EndToken()
        {
            next.EndToken();
            separate = true;
        }

        public override void End() => next.End();
    }
}
