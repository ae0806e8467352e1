using System.Globalization;
using Attune.Problems;

namespace Attune.Search.Stores;

/// <summary>The tables of studies; the same in every database, and readable with its own tools.</summary>
internal static class StudySchema
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int Version = 1;

    private static readonly string[] Tables =
    [
        "CREATE TABLE attune_version (version INTEGER NOT NULL)",
        "CREATE TABLE attune_study (name TEXT NOT NULL PRIMARY KEY, identity TEXT NOT NULL)",
        """
        CREATE TABLE attune_trial (
            study TEXT NOT NULL REFERENCES attune_study (name), number INTEGER NOT NULL, state TEXT NOT NULL,
            owner TEXT NULL, claim TEXT NULL, lease_ends DOUBLE PRECISION NULL, attempts INTEGER NOT NULL,
            result DOUBLE PRECISION NULL, error TEXT NULL, PRIMARY KEY (study, number))
        """,
        """
        CREATE TABLE attune_value (
            study TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
            PRIMARY KEY (study, number, place), FOREIGN KEY (study, number) REFERENCES attune_trial (study, number))
        """,
        """
        CREATE TABLE attune_report (
            study TEXT NOT NULL, number INTEGER NOT NULL, step INTEGER NOT NULL, value DOUBLE PRECISION NULL,
            PRIMARY KEY (study, number, step), FOREIGN KEY (study, number) REFERENCES attune_trial (study, number))
        """,
    ];

    /// <summary>Creates the tables where there are none, and the study where it is new; refuses what is of another program, version or study.</summary>
    /// <exception cref="UserErrorException">It is no study, one of a newer version, or one of another recipe, space or metric.</exception>
    public static void Prepare(IStudyDatabase database, SqlWork work, StudyIdentity identity)
    {
        if (database.LockSchema.Length > 0)
            work.Run(database.LockSchema);
        if (Number(work.Get(database.HasTables)) == 0)
        {
            if (Number(work.Get(database.ForeignTables)) > 0)
                throw new UserErrorException(database.Place, "is no study: a database of another program", "give another file: search.store");
            foreach (var table in Tables)
                work.Run(table);
            work.Run("INSERT INTO attune_version (version) VALUES (@version)", ("version", Version));
        }
        var version = Number(work.Get("SELECT max(version) FROM attune_version"));
        if (version != Version)
        {
            throw new UserErrorException(database.Place, string.Create(CultureInfo.InvariantCulture, $"holds studies of version {version}; this program knows version {Version}"),
                version > Version ? "use a newer Attune, or another store: search.store" : "give another store: search.store");
        }
        work.Run("INSERT INTO attune_study (name, identity) VALUES (@name, @identity) ON CONFLICT DO NOTHING", ("name", identity.Name), ("identity", identity.Text));
        identity.Require((string)work.Get("SELECT identity FROM attune_study WHERE name = @name", ("name", identity.Name))!, database.Place);
    }

    private static long Number(object? value) => Convert.ToInt64(value ?? 0L, CultureInfo.InvariantCulture);
}
