using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Attune.Problems;
using Npgsql;

namespace Attune.Search.Stores;

/// <summary>A study on a PostgreSQL server, for several machines. Work on one study goes one after the other by a lock on its row; studies beside it do not wait.</summary>
/// <param name="settings">Where, and as whom.</param>
internal sealed class PostgresDatabase(NpgsqlConnectionStringBuilder settings) : IStudyDatabase
{
    /// <inheritdoc />
    public string Place { get; } = $"PostgreSQL {settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";

    /// <inheritdoc />
    public string Clock => "extract(epoch FROM clock_timestamp())::double precision";

    /// <inheritdoc />
    public string HasTables => "SELECT CASE WHEN to_regclass('attune_version') IS NULL THEN 0 ELSE 1 END";

    /// <inheritdoc />
    public string ForeignTables => "SELECT 0";

    /// <inheritdoc />
    public string LockSchema => "SELECT pg_advisory_xact_lock(47110815162342)";

    /// <inheritdoc />
    public string ForUpdate => "FOR UPDATE";

    /// <inheritdoc />
    public DbConnection Connect()
    {
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public DbTransaction Begin(DbConnection connection, bool writes) =>
        // A writer must see what was committed while it waited for the row, a reader all tables as of one moment.
        connection.BeginTransaction(writes ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead);

    /// <inheritdoc />
    public bool MayPass(DbException error) =>
        // A server that is shut down (57P01, 57P02) is as a rule one that starts again.
        error.IsTransient || error.SqlState is "57P01" or "57P02" || error is NpgsqlException and not PostgresException;

    /// <inheritdoc />
    public Problem Explain(DbException error) => error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => new(Place, $"the server refuses the password of {settings.Username}", "set PGPASSWORD, or write it into search.store"),
        PostgresErrorCodes.InvalidAuthorizationSpecification => new(Place, $"the server does not let {settings.Username} in: {Said(error)}", "look at its pg_hba.conf, or give another user"),
        PostgresErrorCodes.InvalidCatalogName => new(Place, $"there is no database {settings.Database ?? settings.Username}", "create it, or give another one"),
        PostgresErrorCodes.InsufficientPrivilege => new(Place, $"{settings.Username} lacks a right: {Said(error)}", "grant CREATE on the schema, and SELECT, INSERT and UPDATE on the attune_ tables"),
        PostgresErrorCodes.TooManyConnections => new(Place, "all of the server's connections are taken", "end some, or raise its max_connections"),
        { } code => new(Place, $"the server says {code}: {Said(error)}", "mend that, or give another store: search.store"),
        null => new(Place, error.GetBaseException() is SocketException or TimeoutException
            ? $"there is no answer: {error.GetBaseException().Message}"
            : $"the connection failed: {error.GetBaseException().Message}", "start the server, or mend host and port of search.store"),
    };

    private static string Said(DbException error) => (error as PostgresException)?.MessageText ?? error.Message;
}
