using System.Security.Cryptography;
using System.Text;
using Attune.Problems;

namespace Attune.Search;

/// <summary>What a study is about: trials of different recipes, spaces or metrics must never stand side by side.</summary>
/// <param name="Name">Its name in a store that holds several.</param>
/// <param name="Text">Recipe, space and metric, a line each key. Kept beside the trials, so that a mismatch can say which line it is.</param>
public sealed record StudyIdentity(string Name, string Text)
{
    /// <summary>SHA-256 of the text, in hexadecimal.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));

    /// <summary>Refuses a study of this name that is about something else.</summary>
    /// <param name="stored">The text that the store holds.</param>
    /// <param name="place">The store, for the message.</param>
    /// <exception cref="UserErrorException">The texts differ.</exception>
    public void Require(string stored, string place)
    {
        if (stored == Text)
            return;
        var (mine, theirs) = (Text.Split('\n'), stored.Split('\n'));
        string Only(string[] these, string[] others) => these.Except(others).FirstOrDefault(static l => l.Length > 0) is { } line ? $"'{line.Trim()}'" : "nothing";
        throw new UserErrorException(
            $"{place}, study {Name}", $"is of another recipe, space or metric: there {Only(theirs, mine)}, here {Only(mine, theirs)}",
            "go on with the recipe as it was, or begin another study (search.store or output)");
    }
}
