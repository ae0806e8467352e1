using Attune.Data;
using Attune.Text;

namespace Attune.Distillation;

/// <summary>
/// Which trained tokens of two tokenizations of one row stand at the same place of its text: there both models say what comes next after
/// the same words. Tokens that begin within one of the other's have no counterpart.
/// </summary>
/// <remarks>
/// Answers are compared from their first character that is not white space on, since templates differ in what they write in front, and as far
/// as both have the same text.
/// </remarks>
internal static class TokenAlignment
{
    /// <summary>Of each trained token of the student, the number of the teacher's among its trained tokens; −1 where there is none.</summary>
    public static int[] Of(Example student, Tokenizer own, Example teacher, Tokenizer other)
    {
        var (mine, theirs) = (Answers(student, own), Answers(teacher, other));
        var found = new int[student.TrainedTokens];
        Array.Fill(found, -1);
        if (mine.Count != theirs.Count)
            return found;
        var (first, second) = (0, 0);
        foreach (var (a, b) in mine.Zip(theirs))
        {
            var shared = a.Text.AsSpan().CommonPrefixLength(b.Text);
            var next = 0;
            for (var i = 0; i < a.Starts.Count; i++)
            {
                var place = a.Starts[i];
                if (place < 0 || place > shared)
                    continue;
                while (next < b.Starts.Count && b.Starts[next] < place)
                    next++;
                if (next < b.Starts.Count && b.Starts[next] == place)
                    found[first + i] = second + next++;
            }
            first += a.Starts.Count;
            second += b.Starts.Count;
        }
        return found;
    }

    // Text of each trained stretch, without the white space at its start, and where its tokens begin in it; −1 within a character.
    private static List<(string Text, List<int> Starts)> Answers(Example example, Tokenizer tokenizer)
    {
        var answers = new List<(string, List<int>)>();
        for (var i = 0; i < example.Ids.Length; i++)
        {
            if (!example.Trained[i])
                continue;
            var stream = tokenizer.Stream();
            var (text, starts, whole) = ("", new List<int>(), true);
            for (; i < example.Ids.Length && example.Trained[i]; i++)
            {
                starts.Add(whole ? text.Length : -1);
                var piece = stream.Push(example.Ids[i]);
                text += piece;
                whole = EndsWhole(tokenizer, example.Ids[i], piece);
            }
            text += stream.Flush();
            var blanks = text.Length - text.TrimStart().Length;
            answers.Add((text[blanks..], starts.ConvertAll(s => s < 0 ? -1 : s >= blanks ? s - blanks : s == 0 ? 0 : -1)));
        }
        return answers;
    }

    // A token may hold a part of a character alone, whose text then waits; or whole ones, and the beginning of the next.
    private static bool EndsWhole(Tokenizer tokenizer, int id, string piece)
    {
        if (tokenizer.IsSpecial(id))
            return true;
        var alone = tokenizer.Decode([id], skipSpecialTokens: false);
        return piece.Length > 0 && !(alone.EndsWith('\uFFFD') && alone.Trim('\uFFFD').Length > 0);
    }
}
