using System.Text;
using Attune.Text.Decoders;

namespace Attune.Text;

/// <summary>
/// Decodes ids one at a time, for text that is shown while it is generated. Each call returns what has become certain: never half of a character,
/// and all returned strings together equal <see cref="Tokenizer.Decode"/> of all ids. Not thread-safe; one stream a generation.
/// </summary>
public sealed class TokenStream
{
    private readonly Tokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly Sink sink = new();
    private readonly DecoderStage stage;
    private bool ended;

    internal TokenStream(Tokenizer tokenizer, IDecoder decoder, bool skipSpecialTokens)
    {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
        stage = decoder.Open(sink);
    }

    /// <summary>Takes the next id and returns the text that it settles, often empty; an id that has no token stands for no text.</summary>
    public string Push(int id)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        Feed(id);
        return sink.Take();
    }

    /// <summary>Ends the stream and returns the rest; bytes that never became a character come out as U+FFFD.</summary>
    public string Flush()
    {
        if (!ended) stage.End();
        ended = true;
        return sink.Take();
    }

    internal void Feed(int id)
    {
        if (tokenizer.FindToken(id) is not { } token || (skipSpecialTokens && tokenizer.IsSpecial(id))) return;
        stage.Text(token);
        stage.EndToken();
    }

    private sealed class Sink : DecoderStage
    {
        private readonly StringBuilder text = new();

        public override void Text(ReadOnlySpan<char> text) => this.text.Append(text);

        public override void EndToken()
        {
        }

        public override void End()
        {
        }

        public string Take()
        {
            if (text.Length == 0) return "";
            var settled = text.ToString();
            text.Clear();
            return settled;
        }
    }
}
