using System.Text;
using System.Text.Json;
using Attune.Corpus.Text;

namespace Attune.Corpus;

/// <summary>How many documents of a kind were written and dropped.</summary>
internal sealed class Tally
{
    public long Documents { get; set; }

    public long Bytes { get; set; }

    public long Repeated { get; set; }

    public long Overlapping { get; set; }
}

/// <summary>Streams the pre-training corpus to <c>corpus.jsonl</c> and <c>corpus-valid.jsonl</c>, leaving out what repeats and what overlaps with held-out text.</summary>
internal sealed class CorpusWriter(string folder, ulong seed, HashSet<ulong> heldOut)
{
    private const int ValidEvery = 200;
    private const ulong BookStream = 1UL << 40;
    private readonly HashSet<ulong> seen = [];
    private readonly Dictionary<string, Tally> tallies = [];

    /// <summary>Documents written for validation.</summary>
    public long Valid { get; private set; }

    public Dictionary<string, Tally> Write(int documents, string? data)
    {
        Directory.CreateDirectory(folder);
        using var train = new StreamWriter(Path.Combine(folder, "corpus.jsonl"), append: false, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        using var valid = new StreamWriter(Path.Combine(folder, "corpus-valid.jsonl"), append: false, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
        var bank = Bank.Load(Documents.Banks);
        // The books are spread evenly between the generated documents, so that reading the file in order mixes the kinds.
        var books = data is null ? [] : PublicDomain.Documents(data).ToArray();
        var taken = 0;
        for (var i = 0; i < documents; i++)
        {
            var draw = new Draw(seed, (ulong)i);
            var kind = Documents.Choose(draw);
            Put(kind.Name, kind.Make(new Expander(bank, draw)), draw.Next(), train, valid);
            for (; taken < (long)books.Length * (i + 1) / documents; taken++)
                Put("public domain", books[taken], new Draw(seed, BookStream + (ulong)taken).Next(), train, valid);
        }
        return tallies;
    }

    private void Put(string kind, string text, ulong lot, StreamWriter train, StreamWriter valid)
    {
        if (!tallies.TryGetValue(kind, out var tally))
            tallies[kind] = tally = new Tally();
        if (!seen.Add(Ngrams.Hash(text)))
            tally.Repeated++;
        else if (heldOut.Count > 0 && Ngrams.Hashes(text).Any(heldOut.Contains))
            tally.Overlapping++;
        else
        {
            var isValid = lot % ValidEvery == 0;
            (isValid ? valid : train).WriteLine(JsonSerializer.Serialize(new Dictionary<string, string> { ["text"] = text }, JsonText.Options));
            Valid += isValid ? 1 : 0;
            tally.Documents++;
            tally.Bytes += Encoding.UTF8.GetByteCount(text);
        }
    }
}
