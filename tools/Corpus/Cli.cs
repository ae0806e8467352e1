using System.Globalization;

namespace Attune.Corpus;

/// <summary>The commands of the generator. Wrong usage ends with exit code 2 and one sentence.</summary>
internal static class Cli
{
    private const int DefaultDocuments = 150_000;

    private const string Usage =
        "usage: write --out DIR [--documents N] [--seed S] [--data DIR] | sample --kind NAME [--count N] [--seed S]\n" +
        "     | support --out DIR [--seed S] | overlap --corpus DIR [--data DIR]";

    public static int Run(string[] args)
    {
        try
        {
            var options = Options(args);
            return args.Length == 0 ? throw new ArgumentException("No command given.") : args[0] switch
            {
                "write" => Write(options),
                "sample" => Sample(options),
                "support" => WriteSupport(options),
                "overlap" => CheckOverlap(options),
                _ => throw new ArgumentException($"Unknown command '{args[0]}'."),
            };
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException or FormatException or System.Text.Json.JsonException)
        {
            Console.Error.WriteLine(e.Message);
            Console.Error.WriteLine(Usage);
            return 2;
        }
    }

    private static Dictionary<string, string> Options(string[] args)
    {
        var options = new Dictionary<string, string>();
        for (var i = 1; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Length)
                throw new ArgumentException($"Expected '--option value', found '{args[i]}'.");
            options[args[i][2..]] = args[i + 1];
        }
        return options;
    }

    private static string Need(Dictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var value) ? value : throw new ArgumentException($"--{name} is missing.");

    private static ulong Seed(Dictionary<string, string> options) =>
        options.TryGetValue("seed", out var seed) ? ulong.Parse(seed, CultureInfo.InvariantCulture) : 1;

    /// <summary>The repository's root: held-out texts are looked up below it.</summary>
    private static string Repository()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Attune.slnx")))
                return d.FullName;
        throw new IOException("Run this program from its build folder inside the repository: Attune.slnx was not found above it.");
    }

    private static string? Data(Dictionary<string, string> options)
    {
        var data = options.GetValueOrDefault("data");
        if (data is not null && !Directory.Exists(Path.Combine(data, "datasets")))
            throw new IOException($"{data}: expected a folder 'datasets' in it.");
        return data;
    }

    private static int Write(Dictionary<string, string> options)
    {
        var documents = options.TryGetValue("documents", out var n) ? int.Parse(n, CultureInfo.InvariantCulture) : DefaultDocuments;
        if (documents < 1)
            throw new ArgumentException("--documents must be at least 1.");
        var data = Data(options);
        var heldOut = new HashSet<ulong>();
        foreach (var (_, path) in HeldOut.Files(Repository(), data))
            heldOut.UnionWith(HeldOut.Grams(path));
        var writer = new CorpusWriter(Need(options, "out"), Seed(options), heldOut);
        var tallies = writer.Write(documents, data);
        Console.WriteLine("| kind | documents | megabytes | repeated, dropped | overlapping, dropped |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        foreach (var (kind, t) in tallies.OrderBy(p => p.Key, StringComparer.Ordinal))
            Console.WriteLine(Invariant($"| {kind} | {t.Documents} | {t.Bytes / 1e6:F2} | {t.Repeated} | {t.Overlapping} |"));
        var all = tallies.Values;
        Console.WriteLine(Invariant($"| all | {all.Sum(t => t.Documents)} | {all.Sum(t => t.Bytes) / 1e6:F2} | {all.Sum(t => t.Repeated)} | {all.Sum(t => t.Overlapping)} |"));
        Console.WriteLine(Invariant($"\n{writer.Valid} of them are for validation; {heldOut.Count} held-out {Ngrams.Words}-grams were avoided."));
        return 0;
    }

    /// <summary>Prints documents of one kind, for reading.</summary>
    private static int Sample(Dictionary<string, string> options)
    {
        var kind = Documents.Kinds.FirstOrDefault(k => k.Name == Need(options, "kind"))
            ?? throw new ArgumentException($"--kind must be one of: {string.Join(", ", Documents.Kinds.Select(k => k.Name))}.");
        var bank = Text.Bank.Load(Documents.Banks);
        var count = int.Parse(options.GetValueOrDefault("count", "10"), CultureInfo.InvariantCulture);
        for (var i = 0; i < count; i++)
            Console.WriteLine(kind.Make(new Text.Expander(bank, new Text.Draw(Seed(options), (ulong)i))) + "\n----");
        return 0;
    }

    private static int WriteSupport(Dictionary<string, string> options)
    {
        var folder = Need(options, "out");
        Directory.CreateDirectory(folder);
        foreach (var (split, rows) in new Skills.Support().All(Seed(options)))
        {
            using var file = new StreamWriter(Path.Combine(folder, $"{split}.jsonl")) { NewLine = "\n" };
            foreach (var (ask, answer) in rows)
                file.WriteLine(JsonText.Conversation(ask, answer));
            Console.WriteLine(Invariant($"{split}.jsonl: {rows.Count} rows"));
        }
        return 0;
    }

    /// <summary>Prints the proof that nothing held out was learned from; exit code 1 where it fails.</summary>
    private static int CheckOverlap(Dictionary<string, string> options)
    {
        var corpus = Need(options, "corpus");
        string[] files = [Path.Combine(corpus, "corpus.jsonl"), Path.Combine(corpus, "corpus-valid.jsonl")];
        var clean = true;
        Console.WriteLine(Invariant($"| held-out text | {Ngrams.Words}-grams | of these in the corpus |\n|---|---:|---:|"));
        foreach (var (name, grams, shared) in Overlap.WithCorpus(files, HeldOut.Files(Repository(), Data(options))))
        {
            Console.WriteLine(Invariant($"| {name} | {grams} | {shared} |"));
            clean &= shared == 0;
        }
        Console.WriteLine("\n| support rows | nearest (Jaccard of masked 3-grams) | the pair |\n|---|---:|---|");
        foreach (var (split, other) in (ReadOnlySpan<(string, string)>)[("valid", "train"), ("test", "train"), ("test", "valid")])
        {
            var (jaccard, left, right) = Overlap.Nearest(JsonText.Conversations(SupportFile(split)), JsonText.Conversations(SupportFile(other)));
            Console.WriteLine(Invariant($"| {split} against {other} | {jaccard:F2} | {left} / {right} |"));
            clean &= jaccard < Overlap.NearDuplicate;
        }
        Console.WriteLine(clean ? "\nNo overlap." : "\nThere is overlap.");
        return clean ? 0 : 1;
    }

    private static string SupportFile(string split) => Path.Combine(Repository(), "recipes", "data", "support", $"{split}.jsonl");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
