using System.Globalization;
using System.Text;

namespace Attune.Text.Decoders;

/// <summary>Reads characters of <see cref="ByteLevelAlphabet"/> as bytes of UTF-8; what is not UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage
    {
        private readonly Decoder utf8 = System.Text.Encoding.UTF8.GetDecoder();
        private readonly StringBuilder token = new();

        public override void Text(ReadOnlySpan<char> text) => token.Append(text);

        public override void EndToken()
        {
            var text = token.ToString();
            token.Clear();
            var bytes = new byte[text.Length];
            for (var i = 0; i < text.Length; i++)
            {
                if (ByteLevelAlphabet.TryByteOf(text[i], out bytes[i])) continue;
                // An added token may hold other characters; then it is text as it stands.
                bytes = System.Text.Encoding.UTF8.GetBytes(text);
                break;
            }
            Convert(bytes, flush: false);
        }

        public override void End()
        {
            Convert([], flush: true);
            next.EndToken();
            next.End();
        }

        private void Convert(byte[] bytes, bool flush)
        {
            var chars = new char[utf8.GetCharCount(bytes, flush)];
            utf8.GetChars(bytes, chars, flush);
            if (chars.Length > 0) next.Text(chars);
        }
    }
}

/// <summary>Reads tokens such as <c>&lt;0xE2&gt;</c> as bytes. A run of them that is not UTF-8 becomes one U+FFFD for each byte.</summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public DecoderStage Open(DecoderStage next) => new Stage(next);

    private sealed class Stage(DecoderStage next) : DecoderStage
    {
        private readonly List<byte> run = [];
        private readonly StringBuilder token = new();

        public override void Text(ReadOnlySpan<char> text) => token.Append(text);

        public override void EndToken()
        {
            var text = token.ToString();
            token.Clear();
            if (text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
                && byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                run.Add(value);
                return;
            }
            FlushRun();
            Emit(text);
        }

        public override void End()
        {
            FlushRun();
            next.End();
        }

        private void FlushRun()
        {
            if (run.Count == 0) return;
            try
            {
                Emit(Strict.GetString([.. run]));
            }
            catch (DecoderFallbackException)
            {
                foreach (var _ in run) Emit("\uFFFD");
            }
            run.Clear();
        }

        private void Emit(string text)
        {
            next.Text(text);
            next.EndToken();
        }
    }
}
