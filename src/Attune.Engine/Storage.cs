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

    /// <summary>Memory that <paramref name="owner"/> keeps alive, such as a mapped file; written to only where that allows it.</summary>
    public static Storage Foreign(nint address, long bytes, object owner) => new ForeignStorage(address, bytes, owner);

    /// <summary>Says that the contents were read and will hardly be again; of a mapped file they then need not stay in memory.</summary>
    public virtual void WasRead()
    {
    }

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
            // Zeroed by the system, page by page as each is first written: clearing it here would touch every page before there is
            // work, on one thread. The slack is for the alignment; small storages need no page of their own.
            var alignment = (nuint)(bytes >= HugePage ? HugePage : 64);
            var allocated = (nint)NativeMemory.AllocZeroed((nuint)bytes + alignment);
            Address = (nint)(((nuint)allocated + alignment - 1) / alignment * alignment);
            handle = new Handle(allocated);
            if (alignment == HugePage)
                Os.AdviseHugePages(Address, bytes);
        }

        public override nint Address { get; }

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
                NativeMemory.Free((void*)handle);
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

        public override void WasRead() => Os.ReleaseMapped(Address, Bytes);

        protected override void Dispose(bool disposing)
        {
            owner = null;
            base.Dispose(disposing);
        }
    }
}
