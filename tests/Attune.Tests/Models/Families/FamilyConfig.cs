using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Tests.Models.Families;

/// <summary>What a family reads from a fixture's config.json that was changed.</summary>
internal static class FamilyConfig
{
    public static DecoderSpec Read(string fixture, Action<JsonObject> change)
    {
        var view = JsonView.Read(ModelFixture.PathOf(fixture, "config.json"));
        change(view.Json);
        var config = HfConfig.From(view);
        return ModelFamilies.Of(config).ReadSpec(config);
    }

    public static DecoderSpec Read(string fixture, string key, string json) => Read(fixture, keys => keys[key] = JsonNode.Parse(json));

    /// <summary>The value is an error that names its key and says what to do.</summary>
    public static void Refused(string fixture, string key, string json)
    {
        var e = Assert.Throws<UserErrorException>(() => Read(fixture, key, json));
        Assert.Contains(key, e.Problems[0].Place, StringComparison.Ordinal);
    }
}
