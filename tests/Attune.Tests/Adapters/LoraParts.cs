using Attune.Adapters;
using Attune.Engine.Autograd;

namespace Attune.Tests.Adapters;

/// <summary>A and B of adapters that a test knows to be LoRA's.</summary>
internal static class LoraParts
{
    extension(LayerAdapter adapter)
    {
        public Parameter A => ((LoraAdapter)adapter).A;

        public Parameter B => ((LoraAdapter)adapter).B;
    }
}
