using System.Runtime.InteropServices;

namespace Attune.Engine.Platform;

/// <summary>
/// Machine code of our own making. Its pages are first writable, then executable, and never both; from then on they never change.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : SafeHandle
{
    private const int ReadWrite = 0x1 | 0x2;
    private const int ReadExecute = 0x1 | 0x4;
    private const int PrivateAnonymous = 0x2 | 0x20;
    private const uint Reserve = 0x1000 | 0x2000;
    private const uint Release = 0x8000;
    private const uint WindowsReadWrite = 0x04;
    private const uint WindowsReadExecute = 0x20;

    private readonly nuint bytes;

    private ExecutableMemory(nint address, nuint bytes) : base(0, ownsHandle: true)
    {
        SetHandle(address);
        this.bytes = bytes;
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    /// <summary>Where the code begins.</summary>
    public void* Address => (void*)handle;

    /// <summary>
    /// Copies code into memory that can be run; null where the system does not allow it (a hardened kernel, macOS), or where native
    /// calls are switched off.
    /// </summary>
    public static ExecutableMemory? TryCreate(ReadOnlySpan<byte> code)
    {
        if (!Os.NativeCalls || !(OperatingSystem.IsLinux() || OperatingSystem.IsWindows()))
            return null;
        var bytes = (nuint)((code.Length + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize);
        var address = OperatingSystem.IsWindows()
            ? VirtualAlloc(0, bytes, Reserve, WindowsReadWrite)
            : mmap(0, bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (address is 0 or -1)
            return null;
        var memory = new ExecutableMemory(address, bytes);
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (memory.Seal())
            return memory;
        memory.Dispose();
        return null;
    }

    /// <inheritdoc />
    protected override bool ReleaseHandle() => OperatingSystem.IsWindows() ? VirtualFree(handle, 0, Release) != 0 : munmap(handle, bytes) == 0;

    private bool Seal() => OperatingSystem.IsWindows()
        ? VirtualProtect(handle, bytes, WindowsReadExecute, out _) != 0 && FlushInstructionCache(-1, handle, bytes) != 0
        : mprotect(handle, bytes, ReadExecute) == 0;

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("kernel32")]
    private static partial nint VirtualAlloc(nint address, nuint size, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(nint address, nuint size, uint protection, out uint before);

    [LibraryImport("kernel32")]
    private static partial int VirtualFree(nint address, nuint size, uint type);

    [LibraryImport("kernel32")]
    private static partial int FlushInstructionCache(nint process, nint address, nuint size);
}
