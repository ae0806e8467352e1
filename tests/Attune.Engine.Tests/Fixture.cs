using System.Text.Json;

namespace Attune.Engine.Tests;

/// <summary>What scripts of tests/Fixtures computed.</summary>
internal static class Fixture
{
    /// <summary>A JSON file of that folder.</summary>
    public static JsonElement Json(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Attune.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run within the repository");
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tests", "Fixtures", name))).RootElement;
    }
}
