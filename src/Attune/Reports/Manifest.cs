using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Attune.Formats;
using Attune.Hardware;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>A file that went into a run, told by its content.</summary>
/// <param name="Role">What it was: <c>model</c>, <c>data.train</c>, <c>recipe</c> …</param>
/// <param name="Path">Where it was; for a reader, not part of its identity.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes, in lower-case hexadecimal digits.</param>
public sealed record ManifestFile(string Role, string Path, long Bytes, string Sha256)
{
    /// <summary>Reads the whole file once.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static ManifestFile Of(string role, string path, CancellationToken stop = default)
    {
        try
        {
            using var stream = File.OpenRead(path);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 20];
            for (int got; (got = stream.Read(buffer)) > 0; stop.ThrowIfCancellationRequested())
                hash.AppendData(buffer.AsSpan(0, got));
            return new(role, path, stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(path, "cannot be read: " + e.Message, "check the file and its permissions");
        }
    }
}

/// <summary>What a run was made of: enough to make it again, and to see what differs when it comes out differently. Stands in <c>manifest.json</c>.</summary>
/// <param name="Attune">Version of Attune.</param>
/// <param name="Seed">The recipe's seed.</param>
/// <param name="Files">Model, data and recipe.</param>
/// <param name="Environment">Runtime, system, processor and lanes, and what numeric choices <c>auto</c> resolved to.</param>
public sealed record Manifest(string Attune, long Seed, IReadOnlyList<ManifestFile> Files, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>The role of what was tuned, and of what was measured of it.</summary>
    internal const string ResultRole = "result", ReportRole = "report";

    /// <summary>The version of this assembly.</summary>
    public static string Version { get; } = typeof(Manifest).Assembly.GetName().Version!.ToString(3);

    /// <summary>Facts about the machine that can change a number's last bits or a run's speed.</summary>
    public static SortedDictionary<string, string> About(Machine machine) => new(StringComparer.Ordinal)
    {
        ["runtime"] = machine.Runtime,
        ["system"] = machine.System,
        ["cores"] = machine.Cores.ToString(CultureInfo.InvariantCulture),
        ["simd_bits"] = machine.SimdBits.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Writes the file so that a kill leaves the old or the new one.</summary>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, Json.Default.Manifest) + "\n");

    /// <summary>Reads a manifest back.</summary>
    /// <exception cref="UserErrorException">It is missing or damaged.</exception>
    public static Manifest Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), Json.Default.Manifest) is { Files: not null, Environment: not null, Attune: not null } manifest
                ? manifest
                : throw new UserErrorException(path, "this is not a manifest of a run", "give the folder of a run");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UserErrorException(path, "the manifest cannot be read: " + e.Message, "give the folder of a run");
        }
    }
}
