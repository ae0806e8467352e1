namespace Attune.Engine.Formats;

/// <summary>Writes a whole tensor as NF4: its absolute maxima are needed, all of them, before the first of its rows can be written.</summary>
internal static unsafe class Nf4Writer
{
    /// <summary>Rounds all rows, which are asked for twice, in order.</summary>
    /// <param name="tensor">[rows, cols] NF4.</param>
    /// <param name="read">Fills a row of floats; any thread.</param>
    public static void Write(Tensor tensor, Action<int, float[]> read)
    {
        var blocks = tensor.Cols / Nf4Format.Elements;
        var largest = new float[(long)tensor.Rows * blocks];
        ForRows(tensor, (r, row) =>
        {
            read(r, row);
            for (var b = 0; b < blocks; b++)
                largest[(long)r * blocks + b] = MaxMagnitude(row.AsSpan(b * Nf4Format.Elements, Nf4Format.Elements));
        });
        double sum = 0;
        foreach (var a in largest)
            sum += a;
        var mean = largest.Length == 0 ? 0 : (float)(sum / largest.Length);
        var shared = new float[(largest.Length + Nf4Format.Shared - 1) / Nf4Format.Shared];
        for (var i = 0; i < largest.Length; i++)
            shared[i / Nf4Format.Shared] = Math.Max(shared[i / Nf4Format.Shared], Math.Abs(largest[i] - mean));
        ForRows(tensor, (r, row) =>
        {
            read(r, row);
            WriteRow(tensor, r, row, largest, shared, mean);
        });
    }

    private static void WriteRow(Tensor tensor, int r, float[] values, float[] largest, float[] shared, float mean)
    {
        var blocks = tensor.Cols / Nf4Format.Elements;
        var start = (long)r * blocks;
        var scales = (int)(Nf4Format.Head(blocks) - 8) / sizeof(float);
        fixed (byte* row = tensor.RowBytes(r))
        fixed (float* from = values)
        {
            ((ushort*)row)[0] = (ushort)scales;
            ((ushort*)row)[1] = (ushort)(Nf4Format.Shared - start % Nf4Format.Shared);
            *(float*)(row + 4) = mean;
            for (var i = 0; i < scales; i++)
                ((float*)(row + 8))[i] = start / Nf4Format.Shared + i < shared.Length ? shared[start / Nf4Format.Shared + i] : 0;
            for (var b = 0; b < blocks; b++)
            {
                var at = Nf4Format.Block(row, b);
                var scale = shared[(start + b) / Nf4Format.Shared];
                *at = (byte)Nf4Codes.Scale(scale == 0 ? 0 : (largest[start + b] - mean) / scale);
                Nf4Format.Encode(from + b * Nf4Format.Elements, largest[start + b], at);
            }
        }
    }

    private static float MaxMagnitude(ReadOnlySpan<float> values)
    {
        var most = 0f;
        foreach (var x in values)
            most = Math.Max(most, Math.Abs(x));
        return most;
    }

    // Rows know nothing of each other: side by side on all cores.
    private static void ForRows(Tensor tensor, Action<int, float[]> run) =>
        Parallel.For(0, tensor.Rows, () => new float[tensor.Cols], (r, _, row) =>
        {
            run(r, row);
            return row;
        }, static _ => { });
}
