using System.Runtime.InteropServices;

namespace Attune.Engine.Tests.Cpu;

/// <summary>
/// Memory whose end lies right before a page that nobody may touch, and whose beginning is preceded by canaries. Elsewhere than on
/// Linux canaries stand on both sides.
/// </summary>
internal sealed unsafe partial class GuardedStorage : Storage
{
    private const int Page = 4096;
    private const byte Canary = 0xA5;
    private const int CanaryBytes = 64;

    private readonly nint mapping;
    private readonly long mapped;
    private readonly nint address;

    public GuardedStorage(long bytes)
    {
        Bytes = bytes;
        mapped = (bytes + CanaryBytes + Page - 1) / Page * Page + Page;
        mapping = OperatingSystem.IsLinux()
            ? mmap(0, (nuint)mapped, 3, 0x22, -1, 0)
            : (nint)NativeMemory.AlignedAlloc((nuint)mapped, Page);
        if (OperatingSystem.IsLinux() && mprotect(mapping + (nint)mapped - Page, Page, 0) != 0)
            throw new InvalidOperationException("the guard page could not be protected");
        var end = mapping + (nint)mapped - Page;
        address = end - (nint)bytes;
        new Span<byte>((void*)mapping, (int)(address - mapping)).Fill(Canary);
        if (!OperatingSystem.IsLinux())
            new Span<byte>((void*)end, CanaryBytes).Fill(Canary);
    }

    public override nint Address => address;

    public override long Bytes { get; }

    /// <summary>A tensor that ends where its memory ends; its rows are <paramref name="gap"/> elements apart.</summary>
    public static Tensor Tensor(DType type, int rows, int cols, int gap = 0)
    {
        var storage = new GuardedStorage(rows * type.Bytes(cols + gap));
        return Engine.Tensor.Over(storage, 0, type, rows, cols + gap).ColRange(gap, cols);
    }

    /// <summary>Fails if something was written around the memory.</summary>
    public void AssertUntouched()
    {
        var before = new ReadOnlySpan<byte>((void*)mapping, (int)(address - mapping));
        Assert.Equal(-1, before.IndexOfAnyExcept(Canary));
        if (!OperatingSystem.IsLinux())
            Assert.Equal(-1, new ReadOnlySpan<byte>((void*)(address + (nint)Bytes), CanaryBytes).IndexOfAnyExcept(Canary));
    }

    ~GuardedStorage() => Dispose(false);

    protected override void Dispose(bool disposing)
    {
        if (OperatingSystem.IsLinux())
            _ = munmap(mapping, (nuint)mapped);
        else
            NativeMemory.AlignedFree((void*)mapping);
        base.Dispose(disposing);
    }

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);
}
