using System.Collections.Concurrent;
using Attune.Text;

namespace Attune.Tests.Text;

/// <summary>The shared tokenizers, each read once: they are immutable, and reading the large ones takes longer than the tests.</summary>
internal static class LoadedTokenizers
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> Loaded = new();

    public static Tokenizer Get(params string[] folder)
    {
        var path = SharedData.Require(folder);
        return Loaded.GetOrAdd(path, p => new Lazy<Tokenizer>(() => Tokenizer.Load(p))).Value;
    }
}
