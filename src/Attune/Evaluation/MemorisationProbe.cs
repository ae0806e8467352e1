using Attune.Data;
using Attune.Models;
using Attune.Text;

namespace Attune.Evaluation;

/// <summary>
/// Gives a model the prompt and the first half of what a row taught it, and looks whether it writes the rest, greedily: for training rows and
/// for as many unseen ones. Which rows depends on the data alone.
/// </summary>
/// <remarks>
/// A row that is continued to the token need not be known by heart: answers follow from questions, and many end alike. It is reported by
/// itself only where at least <see cref="LeastOwn"/> of the written tokens, each with the two before it, stand neither in what the model
/// was given nor in any row that is no near-duplicate of it.
/// </remarks>
public sealed class MemorisationProbe
{
    /// <summary>Tokens of the shortest part that is cut in two: of less, a right continuation says nothing.</summary>
    public const int LeastTokens = 8;

    /// <summary>Most tokens of a row's learned part that are given, and most that are asked for (Carlini et al. ask for 50).</summary>
    public const int MostGiven = 64, MostAsked = 50;

    /// <summary>Written tokens of its own from which a row counts as known by heart.</summary>
    public const int LeastOwn = 4;

    // Rows that stand so often are looked at beyond those that are chosen evenly.
    private const int Often = 3;

    private readonly IReadOnlyList<Example> train;
    private readonly IReadOnlyList<Example> unseen;
    private readonly IReadOnlyList<Piece> pieces;
    private readonly IReadOnlyCollection<int> stopIds;

    private MemorisationProbe(IReadOnlyList<Example> train, IReadOnlyList<Example> unseen, IReadOnlyList<Piece> pieces, IReadOnlyCollection<int> stopIds) =>
        (this.train, this.unseen, this.pieces, this.stopIds) = (train, unseen, pieces, stopIds);

    private enum Kind
    {
        Trained,
        Recurring,
        Unseen,
    }

    /// <summary>Texts that are written.</summary>
    public int Texts => pieces.Count;

    /// <summary>Tokens of the longest of them, what is given included.</summary>
    public int Length => pieces.Max(static p => p.Given.Length + p.Rest.Length);

    /// <summary>Chooses the rows; null where no training row has a learned part of <see cref="LeastTokens"/> tokens.</summary>
    /// <param name="train">Rows that were trained on.</param>
    /// <param name="unseen">Rows of the same kind that were not; those that are among the training rows are left out.</param>
    /// <param name="rows">Most rows of either side.</param>
    /// <param name="stopIds">Ids that end an answer: they are not asked for.</param>
    public static MemorisationProbe? Of(IReadOnlyList<Example> train, IReadOnlyList<Example> unseen, int rows, IReadOnlyCollection<int> stopIds)
    {
        var known = Distinct(train, stopIds);
        if (known.Count == 0 || rows == 0)
            return null;
        var hashes = known.Select(static p => p.Hash).ToHashSet();
        var chosen = Question.Spread(known, rows).ToList();
        var taken = chosen.Select(static p => p.Hash).ToHashSet();
        var recurring = known.Where(p => p.Times >= Often && !taken.Contains(p.Hash)).OrderByDescending(static p => p.Times).Take((rows + 1) / 2);
        var others = Question.Spread(Distinct(unseen, stopIds).FindAll(p => !hashes.Contains(p.Hash)), rows);
        return new MemorisationProbe(train, unseen,
            [.. chosen, .. recurring.Select(static p => p with { Kind = Kind.Recurring }), .. others.Select(static p => p with { Kind = Kind.Unseen })], stopIds);
    }

    /// <summary>Lets the model continue the rows.</summary>
    /// <param name="generator">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="onDone">Told how many rows are done.</param>
    /// <param name="cancel">Looked at before every pass.</param>
    public Memorisation Run(Generator generator, Tokenizer tokenizer, Action<int>? onDone = null, CancellationToken cancel = default)
    {
        var written = new IReadOnlyList<int>[pieces.Count];
        var done = 0;
        // Those that ask for much together, so that none writes on for the sake of another.
        foreach (var group in Enumerable.Range(0, pieces.Count).OrderBy(i => pieces[i].Rest.Length).ThenBy(static i => i).Chunk(Generator.MaxSlots))
        {
            var options = new GenerationOptions { MaxNewTokens = group.Max(i => pieces[i].Rest.Length), StopIds = stopIds };
            var texts = generator.GenerateAll([.. group.Select(i => (IReadOnlyList<int>)pieces[i].Given)], options, cancel: cancel);
            foreach (var (i, text) in group.Zip(texts))
                written[i] = text.Ids;
            onDone?.Invoke(done += group.Length);
        }
        bool IsVerbatim(int i) => written[i].Take(pieces[i].Rest.Length).SequenceEqual(pieces[i].Rest);
        int[] Of(Kind kind) => [.. Enumerable.Range(0, pieces.Count).Where(i => pieces[i].Kind == kind)];
        double Runs(int[] of) => of.Length == 0 ? 0 : of.Average(i => (double)LongestRun(written[i], pieces[i].Rest) / pieces[i].Rest.Length);
        var (seen, fresh) = (Of(Kind.Trained), Of(Kind.Unseen));
        return new Memorisation(seen.Length, seen.Count(IsVerbatim), fresh.Length, fresh.Count(IsVerbatim))
        {
            Run = Runs(seen),
            UnseenRun = Runs(fresh),
            Found = Found([.. Of(Kind.Trained).Concat(Of(Kind.Recurring)).Where(IsVerbatim).Select(i => pieces[i])], tokenizer, cancel),
        };
    }

    /// <summary>Tokens of the longest piece that stands in both.</summary>
    internal static int LongestRun(IReadOnlyList<int> a, IReadOnlyList<int> b)
    {
        var (longest, before) = (0, new int[b.Count + 1]);
        foreach (var token in a)
        {
            var here = new int[b.Count + 1];
            for (var j = 0; j < b.Count; j++)
            {
                here[j + 1] = token == b[j] ? before[j] + 1 : 0;
                longest = Math.Max(longest, here[j + 1]);
            }
            before = here;
        }
        return longest;
    }

    private List<MemorisedRow> Found(Piece[] verbatim, Tokenizer tokenizer, CancellationToken cancel)
    {
        var owners = new Dictionary<(int, int, int), HashSet<ulong>>();
        foreach (var piece in verbatim)
        {
            foreach (var three in Threes(piece.Given.AsSpan()[^2..], piece.Rest))
                owners.TryAdd(three, []);
        }
        foreach (var example in train.Concat(unseen))
        {
            cancel.ThrowIfCancellationRequested();
            for (var i = 2; i < example.Ids.Length; i++)
            {
                if (owners.TryGetValue((example.Ids[i - 2], example.Ids[i - 1], example.Ids[i]), out var groups))
                    groups.Add(example.Group);
            }
        }
        var found = new List<MemorisedRow>();
        foreach (var piece in verbatim)
        {
            var given = Threes([], piece.Given).ToHashSet();
            var own = Threes(piece.Given.AsSpan()[^2..], piece.Rest).Count(three => !given.Contains(three) && owners[three].All(g => g == piece.Example.Group));
            if (own >= Math.Min(LeastOwn, piece.Rest.Length))
            {
                found.Add(new MemorisedRow(
                    piece.Example.File, piece.Example.Row, piece.Times, own,
                    tokenizer.Decode(piece.Given, skipSpecialTokens: true), tokenizer.Decode(piece.Rest, skipSpecialTokens: true)));
            }
        }
        return found;
    }

    // Every token of the second with the two before it.
    private static List<(int, int, int)> Threes(ReadOnlySpan<int> before, ReadOnlySpan<int> tokens)
    {
        int[] all = [.. before, .. tokens];
        return [.. Enumerable.Range(2, Math.Max(0, all.Length - 2)).Select(i => (all[i - 2], all[i - 1], all[i]))];
    }

    private static List<Piece> Distinct(IReadOnlyList<Example> examples, IReadOnlyCollection<int> stopIds)
    {
        var (pieces, places) = (new List<Piece>(), new Dictionary<ulong, int>());
        foreach (var example in examples)
        {
            if (Piece.Of(example, stopIds) is not { } piece)
                continue;
            if (places.TryGetValue(piece.Hash, out var at))
                pieces[at] = pieces[at] with { Times = pieces[at].Times + 1 };
            else
            {
                places.Add(piece.Hash, pieces.Count);
                pieces.Add(piece);
            }
        }
        return pieces;
    }

    /// <summary>A row cut in two.</summary>
    private sealed record Piece(Example Example, int[] Given, int[] Rest, ulong Hash)
    {
        public int Times { get; init; } = 1;

        public Kind Kind { get; init; }

        public static Piece? Of(Example example, IReadOnlyCollection<int> stopIds)
        {
            var end = Array.FindLastIndex(example.Trained, static t => t) + 1;
            var start = end;
            while (start > 1 && example.Trained[start - 1])
                start--;
            var learned = Question.WithoutStops(example.Ids.AsSpan(start..end), stopIds);
            if (learned.Length < LeastTokens)
                return null;
            var cut = Math.Min(learned.Length / 2, MostGiven);
            int[] rest = [.. learned.Slice(cut, Math.Min(learned.Length - cut, MostAsked))];
            return new Piece(example, example.Ids[..(start + cut)], rest, Mixing.Hash(example.Ids));
        }
    }
}
