using Attune.Engine;
using Attune.Engine.Backends;

namespace Attune.Adapters;

/// <summary>What the starting values of an adapter are made of. On pretended memory the same work is done without values, so that it is planned.</summary>
/// <param name="Key">Draws what is random; each parameter by its name.</param>
/// <param name="Backend">Runs products, where there are any.</param>
/// <param name="Arena">Memory for the time being.</param>
public sealed record AdapterStart(RandomKey Key, Backend Backend, Arena Arena);
