using System.Text.Json.Nodes;
using Attune.Engine;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>
/// What an adapter was trained on and with, stored beside it as <c>attune.json</c>, so that it is never put on another base, and
/// never fed another chat template, without a word.
/// </summary>
/// <param name="Vocabulary">Rows of the base's embedding.</param>
/// <param name="BaseFingerprint"><see cref="ModelFolder.Fingerprint"/> of the base.</param>
/// <param name="TokenizerHash">SHA-256 of its tokenizer.json.</param>
/// <param name="TemplateHash">SHA-256 of the chat template that rendered the training rows; null where none was used.</param>
public sealed record AdapterOrigin(int Vocabulary, string BaseFingerprint, string TokenizerHash, string? TemplateHash)
{
    /// <summary>The format in which the base's matrices were held while the adapter was tuned: Int8 or NF4; null for the file's own.</summary>
    public DType? Base { get; init; }

    /// <summary>The file's name.</summary>
    public const string FileName = "attune.json";

    /// <summary>Writes the file.</summary>
    public void Write(string folder)
    {
        var json = new JsonObject
        {
            ["vocabulary"] = Vocabulary,
            ["base_fingerprint"] = BaseFingerprint,
            ["tokenizer_sha256"] = TokenizerHash,
            ["template_sha256"] = TemplateHash,
        };
        if (Base is { } held)
            json["base_format"] = NameOf(held);
        AtomicFile.WriteText(Path.Combine(folder, FileName), json.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>Reads the file; null where the adapter was made by something else.</summary>
    public static AdapterOrigin? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        var view = JsonView.Read(path);
        return new AdapterOrigin(
            view.RequiredInt("vocabulary", 1),
            view.RequiredString("base_fingerprint"),
            view.RequiredString("tokenizer_sha256"),
            view.String("template_sha256"))
        {
            Base = view.String("base_format") is { } name ? Held(path, name) : null,
        };
    }

    private static DType Held(string path, string name) => new[] { DType.Int8, DType.NF4 }.Where(t => NameOf(t) == name).Select(static t => (DType?)t).SingleOrDefault()
        ?? throw new UserErrorException($"{path}: base_format", $"is {name}; Attune knows int8 and nf4", "use the version of Attune that made the adapter");

    private static string NameOf(DType type) => type.ToString().ToLowerInvariant();

    /// <summary>Explains why the adapter cannot go onto <paramref name="model"/>, if it cannot.</summary>
    public IEnumerable<Problem> Check(string folder, ModelFolder model)
    {
        if (Vocabulary != model.Spec.Vocabulary)
        {
            yield return new Problem(folder, $"was trained on a vocabulary of {Vocabulary} tokens; {model.Path} has {model.Spec.Vocabulary}", "embeddings are never resized silently: use the base model that the adapter was trained on");
        }
        else if (BaseFingerprint != model.Fingerprint())
        {
            yield return new Problem(folder, $"was trained on other weights than those of {model.Path}", "use the base model that the adapter was trained on, unchanged");
        }
    }
}
