using System.Data.Common;
using Attune.Problems;
using Microsoft.Data.Sqlite;

namespace Attune.Search.Stores;

/// <summary>
/// A study in one file, for several processes of one machine. A writer takes the file before its first statement (<c>BEGIN IMMEDIATE</c>), others wait up
/// to half a minute for it; readers see the state before it (a write-ahead log). On a network folder a write-ahead log would be seen by one
/// machine alone: there the older journal is used, and its locks are as good as the file server's.
/// </summary>
/// <param name="path">The file; it is created where there is none.</param>
internal sealed class SqliteDatabase(string path) : IStudyDatabase
{
    private const int Busy = 5, Locked = 6, ReadOnly = 8, InputOutput = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NotADatabase = 26;

    /// <inheritdoc />
    public string Place => path;

    /// <inheritdoc />
    public string Clock => "unixepoch('now', 'subsec')";

    /// <inheritdoc />
    public string HasTables => "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'attune_version'";

    /// <inheritdoc />
    public string ForeignTables => "SELECT count(*) FROM sqlite_master";

    /// <inheritdoc />
    public string LockSchema => "";

    /// <inheritdoc />
    public string ForUpdate => "";

    /// <inheritdoc />
    public DbConnection Connect()
    {
        // Not pooled: a pool would keep the file open after the study is closed.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString());
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = IsOnNetwork(path) ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL";
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public DbTransaction Begin(DbConnection connection, bool writes) => ((SqliteConnection)connection).BeginTransaction(deferred: !writes);

    /// <inheritdoc />
    public bool MayPass(DbException error) => error is SqliteException { SqliteErrorCode: Busy or Locked };

    /// <inheritdoc />
    public Problem Explain(DbException error) => (error as SqliteException)?.SqliteErrorCode switch
    {
        NotADatabase => new(path, "is no study: not an SQLite database", "give another file: search.store"),
        Corrupt => new(path, "is damaged: SQLite cannot read it", "begin another study: search.store"),
        ReadOnly => new(path, "may not be written", "mend the file's and the folder's rights, or give another file: search.store"),
        CannotOpen => new(path, Directory.Exists(path) ? "expected a file, found a folder" : "cannot be opened or created", "mend the folder's rights, or give another file: search.store"),
        Full => new(path, "the disk is full", "make room"),
        InputOutput => new(path, $"cannot be read or written: {error.Message}", "look after the disk, or give another file: search.store"),
        Busy or Locked => new(path, "another process has held it for half a minute", "end that process if it hangs"),
        _ => new(path, $"SQLite says: {error.Message}", "give another file: search.store"),
    };

    private static bool IsOnNetwork(string path)
    {
        var full = Path.GetFullPath(path);
        // The longest mount point that is a folder above the file. A drive that does not answer is not asked further.
        var drive = DriveInfo.GetDrives().Where(d => full.StartsWith(Path.TrimEndingDirectorySeparator(d.Name) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            .MaxBy(static d => d.Name.Length);
        return drive?.DriveType == DriveType.Network;
    }
}
