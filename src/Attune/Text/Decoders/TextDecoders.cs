using System.Text;
using Attune.Text.Patterns;

namespace Attune.Text.Decoders;

/// <summary>Makes one token of all, which changes what a following Strip or Replace sees.</summary>
internal sealed class FuseDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage
    {
        public override void Text(ReadOnlySpan<char> text) => next.Text(text);

        public override void EndToken()
        {
        }

        public override void End()
        {
            next.EndToken();
            next.End();
        }
    }
}

/// <summary>Turns SentencePiece's visible space into a space, and drops it in the first token where one was put there.</summary>
internal sealed class MetaspaceDecoder(char replacement, bool dropFirst) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next, replacement, dropFirst);

    private sealed class Stage(DecoderStage next, char replacement, bool dropping) : DecoderStage
    {
        public override void Text(ReadOnlySpan<char> text)
        {
            var mark = replacement.ToString();
            next.Text(text.ToString().Replace(mark, dropping ? "" : " ", StringComparison.Ordinal));
        }

        public override void EndToken()
        {
            dropping = false;
            next.EndToken();
        }

        public override void End() => next.End();
    }
}

/// <summary>Replaces matches within each token.</summary>
internal sealed class ReplaceDecoder(TextPattern pattern, string content) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => pattern.Literal is { Length: 1 } single
        ? new AtOnce(next, single, content)
        : new WholeToken(next, pattern, content);

    /// <summary>A single character needs no more than the piece at hand.</summary>
    private sealed class AtOnce(DecoderStage next, string single, string content) : DecoderStage
    {
        public override void Text(ReadOnlySpan<char> text) => next.Text(text.ToString().Replace(single, content, StringComparison.Ordinal));

        public override void EndToken() => next.EndToken();

        public override void End() => next.End();
    }

    private sealed class WholeToken(DecoderStage next, TextPattern pattern, string content) : DecoderStage
    {
        private readonly StringBuilder token = new();

        public override void Text(ReadOnlySpan<char> text) => token.Append(text);

        public override void EndToken()
        {
            var text = token.ToString();
            token.Clear();
            var matches = new List<(int Start, int End)>();
            pattern.FindAll(text, matches);
            var done = 0;
            foreach (var (start, end) in matches)
            {
                next.Text(text.AsSpan(done, start - done));
                next.Text(content);
                done = end;
            }
            next.Text(text.AsSpan(done));
            next.EndToken();
        }

        public override void End() => next.End();
    }
}

/// <summary>Removes up to <paramref name="start"/> leading and <paramref name="stop"/> trailing occurrences of a character from each token.</summary>
internal sealed class StripDecoder(char content, int start, int stop) : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next, content, start, stop);

    private sealed class Stage(DecoderStage next, char content, int start, int stop) : DecoderStage
    {
        private int dropped;                                                   // leading occurrences of this token, or start once other text came
        private int held;                                                      // trailing occurrences that may yet have to go

        public override void Text(ReadOnlySpan<char> text)
        {
            while (dropped < start && text.Length > 0 && text[0] == content)
            {
                text = text[1..];
                dropped++;
            }
            if (text.Length == 0) return;
            dropped = start;
            if (stop == 0)
            {
                next.Text(text);
                return;
            }
            var body = text.TrimEnd(content);
            if (body.Length > 0) Release(held);
            next.Text(body);
            held += text.Length - body.Length;
            if (held > stop) Release(held - stop);
        }

        public override void EndToken()
        {
            held = 0;
            dropped = 0;
            next.EndToken();
        }

        public override void End() => next.End();

        private void Release(int count)
        {
            next.Text(new string(content, count));
            held -= count;
        }
    }
}
