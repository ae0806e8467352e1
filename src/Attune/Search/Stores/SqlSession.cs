using System.Data.Common;
using Attune.Problems;

namespace Attune.Search.Stores;

/// <summary>
/// One connection to a study's database, used by one caller at a time. Work is a transaction; where the connection breaks or the database is
/// busy for long it is tried again a few times, over about fifteen seconds: a server may restart under a search.
/// </summary>
internal sealed class SqlSession(IStudyDatabase database) : IDisposable
{
    private static readonly TimeSpan[] Waits = [.. new[] { 0.2, 0.5, 1, 2, 4, 8 }.Select(TimeSpan.FromSeconds)];

    private readonly Lock gate = new();
    private DbConnection? connection;

    /// <summary>The database.</summary>
    public IStudyDatabase Database => database;

    /// <summary>Does the first work: what is wrong with the place is the user's input, and said at once.</summary>
    /// <exception cref="UserErrorException">It cannot be done.</exception>
    public void Begin(Action<SqlWork> body)
    {
        try
        {
            Once(writes: true, isAgain: false, work =>
            {
                body(work);
                return true;
            });
        }
        catch (DbException e)
        {
            Close();
            throw new UserErrorException([database.Explain(e)]);
        }
    }

    /// <summary>Does work, whole or not at all.</summary>
    /// <param name="writes">Whether it changes anything.</param>
    /// <param name="body">The work; it may be done again where it is not known whether it was.</param>
    /// <exception cref="RunFailedException">The database cannot be had any more.</exception>
    public T Do<T>(bool writes, Func<SqlWork, T> body)
    {
        lock (gate)
        {
            for (var tried = 0; ; tried++)
            {
                try
                {
                    return Once(writes, tried > 0, body);
                }
                catch (DbException e)
                {
                    Close();
                    if (tried < Waits.Length && database.MayPass(e))
                    {
                        Thread.Sleep(Waits[tried]);
                        continue;
                    }
                    var problem = database.Explain(e);
                    var times = tried == 0 ? "" : $" (tried {tried + 1} times)";
                    throw new RunFailedException(problem with { Message = problem.Message + times, Remedy = $"{problem.Remedy}; every trial that ended is kept: the same command goes on" }, e);
                }
            }
        }
    }

    private T Once<T>(bool writes, bool isAgain, Func<SqlWork, T> body)
    {
        connection ??= database.Connect();
        using var transaction = database.Begin(connection, writes);
        var result = body(new SqlWork(transaction, isAgain));
        transaction.Commit();
        return result;
    }

    private void Close()
    {
        connection?.Dispose();
        connection = null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate)
            Close();
    }
}

/// <summary>Commands within one transaction.</summary>
/// <param name="transaction">The transaction.</param>
/// <param name="isAgain">Whether the same was tried before, and may have been done although no answer came.</param>
internal sealed class SqlWork(DbTransaction transaction, bool isAgain)
{
    /// <summary>Whether the same was tried before, and may have been done although no answer came.</summary>
    public bool IsAgain => isAgain;

    /// <summary>Runs a statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first value of the first row; null where there is none.</summary>
    public object? Get(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar() is { } value and not DBNull ? value : null;
    }

    /// <summary>All rows.</summary>
    public List<T> All<T>(string sql, Func<DbDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    private DbCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // The text is always one of ours; what comes from outside is a parameter.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
