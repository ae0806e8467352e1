namespace Attune.Search;

/// <summary>Every sampler, by its name in a recipe. To add one: a file beside this one and a line here.</summary>
public static class Samplers
{
    // In a space with so many untried combinations left that these find none, there are practically none.
    private const int Attempts = 10_000;

    /// <summary>The table, the one that is the default first.</summary>
    public static IReadOnlyList<(string Name, ISampler Sampler)> All { get; } =
    [
        ("tpe", new TreeParzenSampler()),
        ("random", new RandomSampler()),
        ("quasi-random", new QuasiRandomSampler()),
    ];

    /// <summary>The sampler of a name that was checked before.</summary>
    public static ISampler Find(string name) => All.First(s => s.Name == name).Sampler;

    /// <summary>Values that no trial has had, since the same recipe would come to the same result; null where there are none left.</summary>
    public static IReadOnlyList<ParameterValue>? ProposeNew(this ISampler sampler, SamplerInput input)
    {
        var tried = input.Trials.Select(static t => KeyOf(t.Values)).ToHashSet(StringComparer.Ordinal);
        var values = sampler.Propose(input);
        for (var i = 0; i < Attempts; i++)
        {
            if (!tried.Contains(KeyOf(values)))
                return values;
            values = RandomSampler.Draw(input.Space, input.KeyFor("again"), i);
        }
        return null;
    }

    private static string KeyOf(IReadOnlyList<ParameterValue> values) => string.Join('\n', values.Select(static v => $"{v.Name}={v.Value}"));
}
