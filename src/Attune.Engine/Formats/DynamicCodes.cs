using System.Runtime.InteropServices;

namespace Attune.Engine.Formats;

/// <summary>
/// A map of 256 numbers whose distances grow with their size, for moments of optimizers in 8 bits: dynamic tree quantisation (Dettmers et al.
/// 2022, "8-bit Optimizers via Block-wise Quantization", section 1.3; the numbers as bitsandbytes documents them, <c>functional.py</c>,
/// create_dynamic_map). A number is its block's largest magnitude times one of the map.
/// </summary>
internal sealed unsafe class DynamicCodes
{
    // Of positive floats the upper 16 bits below 1.0: a finger's width of the map, in which at most one border stands above 1e-4.
    private const int Shift = 16, Last = 0x3F80;

    private readonly float* values, borders;
    private readonly byte* guesses;

    private DynamicCodes(float[] ascending)
    {
        Values = GC.AllocateUninitializedArray<float>(256, pinned: true);
        ascending.CopyTo(Values, 0);
        var limits = GC.AllocateUninitializedArray<float>(255, pinned: true);
        for (var i = 0; i < limits.Length; i++)
            limits[i] = Floor(((double)ascending[i] + ascending[i + 1]) / 2);
        var first = GC.AllocateUninitializedArray<byte>(Last + 1, pinned: true);
        var code = Array.IndexOf(ascending, 0f);
        for (var i = 0; i <= Last; i++)
        {
            while (code < limits.Length && BitConverter.Int32BitsToSingle(i << Shift) > limits[code])
                code++;
            first[i] = (byte)code;
        }
        values = Address(Values);
        borders = Address(limits);
        guesses = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(first, 0);
        (Borders, Guesses) = (limits, first);
    }

    /// <summary>For numbers of both signs, −0.993 … 1: first moments; the scales of NF4 too.</summary>
    public static DynamicCodes Signed { get; } = new(Nf4Codes.Scales);

    /// <summary>For numbers of 0 … 1: second moments. ± is spent on twice as many parts of each decade.</summary>
    public static DynamicCodes Unsigned { get; } = new(MakeUnsigned());

    /// <summary>The numbers, ascending.</summary>
    public float[] Values { get; }

    // They keep what the pointers point to.
    private float[] Borders { get; }

    private byte[] Guesses { get; }

    /// <summary>The number of a code.</summary>
    public float this[byte code] => values[code];

    /// <summary>The code of the number nearest to <paramref name="x"/> in −1 … 1; the lower of two that are as near.</summary>
    public byte Nearest(float x)
    {
        // In bounds: bits of a magnitude, cut off at those of 1; codes stop at 0 and 255.
        var at = (BitConverter.SingleToInt32Bits(x) & int.MaxValue) >> Shift;
        int code = guesses[at < Last ? at : Last];
        if (x < 0)
            code = code == 255 ? 0 : Math.Max(0, 2 * guesses[0] - code);
        while (code < 255 && x > borders[code])
            code++;
        while (code > 0 && !(x > borders[code - 1]))
            code--;
        return (byte)code;
    }

    private static float[] MakeUnsigned()
    {
        var all = new List<float> { 0, 1 };
        for (var e = 0; e < 7; e++)
        {
            var parts = 2 << e;
            for (var i = 0; i < parts; i++)
                all.Add((float)(Math.Pow(10, e - 6) * (0.1 + 0.9 * (i + 0.5) / parts)));
        }
        return [.. all.Order()];
    }

    // The largest float that is no more than x: a float lies above x where it lies above that.
    private static float Floor(double x) => (float)x > x ? MathF.BitDecrement((float)x) : (float)x;

    private static float* Address(float[] pinned) => (float*)Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);
}
