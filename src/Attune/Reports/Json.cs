using System.Text.Json.Serialization;

namespace Attune.Reports;

/// <summary>JSON of this folder's records, generated at compile time: nothing is looked up by reflection at run time.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class Json : JsonSerializerContext;
