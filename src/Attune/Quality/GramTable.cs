using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Attune.Quality;

/// <summary>
/// The n-grams of evaluation rows with the number of rows that hold them. Where they are more than fit, a sample by hash: half of them, a quarter,
/// and so on; a shared passage holds many and is found all the same.
/// </summary>
internal sealed class GramTable
{
    /// <summary>N-grams that are held at most.</summary>
    public const int Most = 4 << 20;

    private Dictionary<ulong, Gram> grams = [];
    private ulong mask;

    /// <summary>Notes that an evaluation row holds a gram; called once for each row and gram.</summary>
    public void AddEvaluation(ulong gram, int row)
    {
        if ((gram & mask) != 0) return;
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(grams, gram, out var known);
        if (!known) entry.Owner = row;
        entry.EvaluationRows = Up(entry.EvaluationRows);
        if (grams.Count > Most) Thin();
    }

    /// <summary>Notes that another row holds a gram; how many do so far, or 0 where no evaluation row does.</summary>
    public int AddRow(ulong gram)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(grams, gram);
        if (Unsafe.IsNullRef(ref entry)) return 0;
        return entry.Rows = Up(entry.Rows);
    }

    /// <summary>What is known of a gram; of one that is not held, nothing.</summary>
    public Gram this[ulong gram] => grams.GetValueOrDefault(gram);

    private static byte Up(byte count) => count == byte.MaxValue ? count : (byte)(count + 1);

    private void Thin()
    {
        mask = (mask << 1) | 1;
        grams = grams.Where(g => (g.Key & mask) == 0).ToDictionary();
    }

    /// <summary>Where an n-gram stands; counts end at 255.</summary>
    internal struct Gram
    {
        /// <summary>The first evaluation row that holds it.</summary>
        public int Owner;

        /// <summary>Evaluation rows that hold it.</summary>
        public byte EvaluationRows;

        /// <summary>Other rows that hold it.</summary>
        public byte Rows;
    }
}
