using Attune.Problems;

namespace Attune.Search.Stores;

/// <summary>Where studies are kept, by what <c>search.store</c> says. To add a database: a file like SqliteDatabase.cs and a line here.</summary>
public static class StudyStores
{
    /// <summary>Opens a study, or begins it.</summary>
    /// <param name="place">A file (SQLite), <c>postgresql://user@host/database</c> or <c>Host=…;Database=…</c> (PostgreSQL), there with <c>study=NAME</c> where the database holds several.</param>
    /// <param name="identity">Its name, and what it is about.</param>
    /// <exception cref="UserErrorException">The place cannot be used, is no study, or holds one of another recipe, space or metric.</exception>
    public static IStudyStore Open(string place, StudyIdentity identity) => PostgresPlace.Is(place) ? OnServer(place, identity) : InFile(place, identity);

    /// <summary>Whether a store is a file of this machine rather than a server.</summary>
    public static bool IsFile(string place) => !PostgresPlace.Is(place);

    // A method each, so that the libraries of one are not loaded for the other.
    private static SqlStudy OnServer(string place, StudyIdentity identity)
    {
        var (settings, study) = PostgresPlace.Parse(place);
        return new SqlStudy(new PostgresDatabase(settings), study is null ? identity : identity with { Name = study });
    }

    private static SqlStudy InFile(string place, StudyIdentity identity)
    {
        var path = Path.GetFullPath(place);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"search.store {place}", $"its folder cannot be made: {e.Message}", "give another file");
        }
        return new SqlStudy(new SqliteDatabase(path), identity);
    }
}
