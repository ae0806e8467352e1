using System.Security.Cryptography;
using System.Text;
using Attune.Data;
using Attune.Engine.Backends;
using Attune.Formats;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>
/// What two parts of one run must share: everything that decides a bit of what it trains and reports, but the machine's arithmetic. A part a line in
/// <c>identity.json</c>, which is there from the run's first moment on, so that what differs can be named; as one hash in every checkpoint.
/// </summary>
/// <param name="Parts">What messages call each, and its hash.</param>
internal sealed record RunIdentity(IReadOnlyList<(string Name, string Value)> Parts)
{
    /// <summary>Of a run that is prepared.</summary>
    public static RunIdentity Of(RunSetup setup, Backend backend)
    {
        var parts = new List<(string, string)>
        {
            ("settings", HashOf(RecipeWriter.Write(RecipeKeys.Reset(setup.Recipe, KeyRole.Report, KeyRole.Machine)) + backend.Name)),
        };
        if (setup.Model.Folder.HasWeights)
            parts.Add(("model", setup.Model.Folder.Fingerprint()));
        if (setup.Teacher is { } teacher)
            parts.Add(("teacher", teacher.Context.Fingerprint()));
        if (setup.TeacherFile is { } file)
            parts.Add(("teacher's file", HashOf($"{file.Header}")));
        var data = setup.Data;
        parts.AddRange(
        [
            ("training rows", HashOf(data.Train)), ("validation rows", HashOf(data.Valid)), ("test rows", HashOf(data.Test.Concat(data.Asked.ChoiceExamples))),
            ("general text", HashOf(data.General)),
        ]);
        return new RunIdentity(parts);
    }

    /// <summary>All of it as one hash.</summary>
    public string Hash => HashOf(string.Join('\n', Parts.Select(static p => $"{p.Name} {p.Value}")));

    /// <summary>Writes it down, once, when the run begins.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, JsonText.Of(json =>
    {
        foreach (var (name, value) in Parts)
            json.WriteString(name, value);
    }));

    /// <summary>Refuses to go on with a run of which a part differs.</summary>
    /// <param name="path">What <see cref="Save"/> wrote; without it there is nothing to compare with.</param>
    /// <exception cref="UserErrorException">It is another run, or the file is damaged.</exception>
    public void Require(string path)
    {
        if (!File.Exists(path))
            return;
        var begun = JsonView.Read(path);
        var others = Parts.Where(p => begun.String(p.Name) != p.Value).Select(static p => p.Name)
            .Concat(begun.Json.Select(static p => p.Key).Where(k => Parts.All(p => p.Name != k))).ToArray();
        if (others.Length > 0)
        {
            throw new UserErrorException(
                path, $"the run was begun with other {string.Join(", other ", others)}; going on would not be the same run",
                "put back what it was begun with (recipe.yaml beside it names the files), or begin a new run with another output");
        }
    }

    /// <summary>Examples with their weights, in their order.</summary>
    public static string HashOf(IEnumerable<Example> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Piece by piece: as one text, a million rows would take more memory than the rows.
        Span<byte> key = stackalloc byte[ExampleKey.Bytes];
        foreach (var example in rows)
        {
            ExampleKey.Of(example).Write(key);
            hash.AppendData(key);
            hash.AppendData(BitConverter.GetBytes(example.Delayed ? -1 : example.Weight));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
