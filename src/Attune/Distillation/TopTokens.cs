using System.Buffers.Binary;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>One row of logits → the K most likely tokens with their log-probabilities, and the probability of all others together.</summary>
/// <remarks>
/// The rest is kept as one outcome, and not spread over the others nor given to the K: a teacher renormalised over its K tokens would
/// teach the student that nothing else can follow, and biases it the more the flatter the teacher is. With the rest as an outcome the
/// divergence is a lower bound of the true one (data processing), equal to it where K = V, and neither side of the border is pushed
/// wrongly.
/// </remarks>
internal sealed class TopTokens(LogitsHeader header)
{
    private readonly int[] ids = new int[header.Kept];
    private readonly float[] values = new float[header.Kept];

    /// <summary>Writes a row of the file.</summary>
    /// <param name="logits">The first V of a row.</param>
    /// <param name="row">Its bytes.</param>
    /// <exception cref="RunFailedException">The logits are not finite.</exception>
    public void Encode(ReadOnlySpan<float> logits, Span<byte> row)
    {
        if (Select(logits, values, ids) < values.Length)
            throw new ArgumentException("a row has fewer logits than are kept of it");
        double most = values[0] / header.Temperature, top = 0, rest = 0;
        foreach (var value in values)
            top += Math.Exp(value / header.Temperature - most);
        // Of equals at the border the first are kept: those behind the last of them are others.
        var (last, lastId) = (values[^1], ids[^1]);
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] < last || (logits[i] == last && i > lastId))
                rest += Math.Exp(logits[i] / header.Temperature - most);
        }
        var all = Math.Log(top + rest);
        if (!double.IsFinite(all) || !double.IsFinite(most))
            throw new RunFailedException(new Problem(header.Name, "gives logits that are not finite", "its weights are damaged, or it is no model of this tokenizer"));
        for (var i = 0; i < ids.Length; i++)
        {
            if (header.IdBytes == 2)
                BinaryPrimitives.WriteUInt16LittleEndian(row[(2 * i)..], (ushort)ids[i]);
            else if (header.IdBytes == 4)
                BinaryPrimitives.WriteInt32LittleEndian(row[(4 * i)..], ids[i]);
            BinaryPrimitives.WriteHalfLittleEndian(row[(header.IdBytes * ids.Length + 2 * i)..], (Half)(values[i] / header.Temperature - most - all));
        }
        BinaryPrimitives.WriteSingleLittleEndian(row[^4..], (float)(rest / (top + rest)));
    }

    /// <summary>Writes a row that says nothing: the teacher has no token where the student's begins.</summary>
    public static void EncodeNothing(Span<byte> row)
    {
        row.Clear();
        BinaryPrimitives.WriteSingleLittleEndian(row[^4..], -1);
    }

    /// <summary>The largest numbers in falling order, of equals the first, and where they stand; returns how many there are.</summary>
    public static int Select(ReadOnlySpan<float> numbers, float[] values, int[] ids)
    {
        var count = 0;
        // Whoever comes later must be larger to come in.
        for (var id = 0; id < numbers.Length; id++)
        {
            var value = numbers[id];
            if (count == values.Length && !(value > values[^1]))
                continue;
            var at = count < values.Length ? count++ : count - 1;
            for (; at > 0 && value > values[at - 1]; at--)
                (values[at], ids[at]) = (values[at - 1], ids[at - 1]);
            (values[at], ids[at]) = (value, id);
        }
        return count;
    }
}
