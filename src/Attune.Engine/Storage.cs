using System.Runtime.InteropServices;
using Attune.Engine.Platform;

namespace Attune.Engine;

/// <summary>A range of bytes that tensors live in: native, mapped from a file, or only pretended.</summary>
public abstract class Storage : IDisposable
{
    /// <summary>Alignment of native storages; a huge page, so that the system may back large ones by huge pages.</summary>
    private const int HugePage = 2 << 20;

    /// <summary>Address of the first byte; 0 where the memory is only pretended.</summary>
    public abstract nint Address { get; }

    /// <summary>Length in bytes.</summary>
    public abstract long Bytes { get; }

    /// <summary>True where no memory stands behind the addresses, and reading would be a bug.</summary>
    public virtual bool IsPretend => false;

    /// <summary>Native memory, zero-filled, aligned to 64 bytes at least.</summary>
    /// <exception cref="OutOfMemoryException">The system refused.</exception>
    public static Storage Native(long bytes) => new NativeStorage(bytes);

    /// <summary>Addresses without memory, for planning.</summary>
    public static Storage Pretend() => new PretendStorage();

    /// <summary>Memory that <paramref name="owner"/> keeps alive, such as a mapped file. Not written to.</summary>
    public static Storage Foreign(nint address, long bytes, object owner) => new ForeignStorage(address, bytes, owner);

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the memory to the system.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed unsafe class NativeStorage : Storage
    {
        private readonly Handle handle;

        public NativeStorage(long bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(bytes);
            Bytes = bytes;
            // The allocation must be a multiple of the alignment; small ones need no page of their own.
            var alignment = (nuint)(bytes >= HugePage ? HugePage : 64);
            var rounded = ((nuint)Math.Max(bytes, 1) + alignment - 1) / alignment * alignment;
            var memory = NativeMemory.AlignedAlloc(rounded, alignment);
            handle = new Handle((nint)memory);
            if (alignment == HugePage)
                Os.AdviseHugePages((nint)memory, (long)rounded);
            NativeMemory.Clear(memory, rounded);
        }

        public override nint Address => handle.DangerousGetHandle();

        public override long Bytes { get; }

        protected override void Dispose(bool disposing)
        {
            handle.Dispose();
            base.Dispose(disposing);
        }

        private sealed class Handle(nint address) : SafeHandle(address, ownsHandle: true)
        {
            public override bool IsInvalid => handle == 0;

            protected override bool ReleaseHandle()
            {
                NativeMemory.AlignedFree((void*)handle);
                return true;
            }
        }
    }

    private sealed class PretendStorage : Storage
    {
        public override nint Address => 0;

        public override long Bytes => long.MaxValue;

        public override bool IsPretend => true;
    }

    private sealed class ForeignStorage(nint address, long bytes, object owner) : Storage
    {
        private object? owner = owner;

        public override nint Address { get; } = address;

        public override long Bytes { get; } = bytes;

        protected override void Dispose(bool disposing)
        {
            owner = null;
            base.Dispose(disposing);
        }
    }
}
