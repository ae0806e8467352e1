using System.Globalization;
using System.Security.Cryptography;
using Attune.Adapters;
using Attune.Models;
using Attune.Problems;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>One of the adapters of a model, and how much of it.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Weight">Factor of what it changes; 1 as it was trained.</param>
public sealed record WeightedAdapter(string Path, double Weight)
{
    /// <summary>Reads <c>folder</c> or <c>folder=0.5</c>. A folder whose own name has the sign is meant as a whole.</summary>
    /// <exception cref="UserErrorException">What stands behind the sign is no number.</exception>
    public static WeightedAdapter Parse(string text)
    {
        var at = text.LastIndexOf('=');
        if (at < 0 || Directory.Exists(text))
            return new WeightedAdapter(text, 1);
        return double.TryParse(text.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight)
            ? new WeightedAdapter(text[..at], weight)
            : throw new UserErrorException($"--adapter {text}", $"\"{text[(at + 1)..]}\" is not a weight", "write folder=0.5, or the folder alone");
    }

    /// <summary>SHA-256, in hex, over a model's weights as <see cref="ModelFolder.Fingerprint"/> takes them, and the adapters' files and weights: wherever they lie, and under whatever name.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="adapters">What was tuned on it; for none the result is the folder's own.</param>
    internal static string Fingerprint(ModelFolder folder, IReadOnlyList<WeightedAdapter> adapters)
    {
        if (adapters.Count == 0)
            return folder.Fingerprint();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(folder.Fingerprint()));
        foreach (var (path, weight) in adapters)
        {
            hash.AppendData(BitConverter.GetBytes(weight));
            foreach (var file in Directory.GetFiles(path).Where(static f => System.IO.Path.GetFileName(f) is WeightFiles.FileName or PeftNames.ConfigFile or PeftNames.WeightsFile).Order(StringComparer.Ordinal))
                hash.AppendData(System.Text.Encoding.ASCII.GetBytes(ManifestFile.Of("", file).Sha256));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The adapters of a decoder: the one as it is, or the sum of several.</summary>
    /// <exception cref="UserErrorException">They cannot be scaled or added.</exception>
    internal static AdapterSet Load(IReadOnlyList<WeightedAdapter> adapters, Decoder decoder)
    {
        if (adapters is [{ Weight: 1 } alone])
            return PeftFiles.Load(alone.Path, decoder);
        var parts = new List<(AdapterSet, double)>();
        foreach (var (path, weight) in adapters)
        {
            var kind = WeightFiles.IsThere(path) ? "set of tuned weights" : PeftFiles.ReadOptions(path).Kind is var own && own != AdapterKinds.Lora ? own.Name : null;
            if (kind is not null)
                throw new UserErrorException($"--adapter {path}", $"is a {kind}, which can be neither scaled nor added: only what adds a low-rank matrix to the weights can", "give it alone and without a weight, or merge it first");
            parts.Add((PeftFiles.Load(path, decoder), weight));
        }
        return AdapterSum.Of(decoder, parts);
    }
}
