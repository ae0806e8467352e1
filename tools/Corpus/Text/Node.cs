using System.Text;

namespace Attune.Corpus.Text;

/// <summary>A piece of an alternative: plain text, a reference <c>{bind=name.field.modifier}</c>, or an inline choice <c>[a|b|]</c>.</summary>
internal abstract record Node
{
    internal sealed record Plain(string Text) : Node;

    /// <summary><c>{name}</c>; <c>{x=name}</c> also remembers the value as x; <c>{x:=name}</c> remembers it and writes nothing.</summary>
    internal sealed record Reference(string? Bind, bool Silent, string Name, string[] Steps) : Node;

    internal sealed record Choice(Node[][] Options) : Node;

    public static Node[] Parse(string text, string where)
    {
        var at = 0;
        var nodes = Sequence(text, ref at, nested: false, where);
        return at == text.Length ? nodes : throw new InvalidDataException($"{where}: unexpected '{text[at]}' at column {at + 1}.");
    }

    private static Node[] Sequence(string text, ref int at, bool nested, string where)
    {
        var nodes = new List<Node>();
        var plain = new StringBuilder();
        void Flush()
        {
            if (plain.Length > 0)
                nodes.Add(new Plain(plain.ToString()));
            plain.Clear();
        }
        while (at < text.Length && !(nested && text[at] is '|' or ']'))
        {
            var c = text[at++];
            if (c == '{')
            {
                Flush();
                var end = text.IndexOf('}', at);
                if (end < 0)
                    throw new InvalidDataException($"{where}: '{{' at column {at} is not closed.");
                nodes.Add(ParseReference(text[at..end]));
                at = end + 1;
            }
            else if (c == '[')
            {
                Flush();
                var options = new List<Node[]>();
                do
                    options.Add(Sequence(text, ref at, nested: true, where));
                while (at < text.Length && text[at++] == '|');
                if (text[at - 1] != ']')
                    throw new InvalidDataException($"{where}: '[' is not closed.");
                nodes.Add(new Choice([.. options]));
            }
            else if (c == '\\' && at < text.Length && text[at] == 'n')
            {
                plain.Append('\n');
                at++;
            }
            else
                plain.Append(c);
        }
        Flush();
        return [.. nodes];
    }

    private static Reference ParseReference(string body)
    {
        string? bind = null;
        var silent = false;
        var equals = body.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            silent = body[equals - 1] == ':';
            bind = body[..(silent ? equals - 1 : equals)];
            body = body[(equals + 1)..];
        }
        var steps = body.Split('.');
        return new Reference(bind, silent, steps[0], steps[1..]);
    }
}
