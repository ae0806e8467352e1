namespace Attune.Engine.Formats;

/// <summary>IEEE 754 binary32.</summary>
internal static unsafe class F32Format
{
    /// <summary>Copies elements start … start + count − 1 of a row; the caller answers for both ranges.</summary>
    public static void Decode(byte* row, long start, int count, float* to) =>
        new ReadOnlySpan<float>((float*)row + start, count).CopyTo(new Span<float>(to, count));

    /// <summary>Copies floats into elements start … start + count − 1 of a row.</summary>
    public static void Encode(float* from, int count, byte* row, long start) =>
        new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>((float*)row + start, count));
}
