namespace Attune.Engine.Backends;

/// <summary>
/// Computes nothing, but asks for the same memory as another backend. With a pretended arena, a step that runs on it is the memory
/// plan of that step, to the byte.
/// </summary>
/// <param name="like">The backend that is planned for: its activation type and workspaces count.</param>
public sealed class DryRunBackend(Backend like) : WrappedBackend(like, new DryRunKernels(like))
{
    /// <inheritdoc />
    public override string Name => $"dry run of {base.Name}";

    private protected override Backend Around(Backend other) => new DryRunBackend(other);
}
