using Npgsql;

namespace Attune.Tests.Search.Stores;

/// <summary>A schema of a test's own on the server that <c>tests/postgres.sh</c> starts, made when it is asked for.</summary>
internal sealed class PostgresSchema : IDisposable
{
    private string? made;

    /// <summary>Its name.</summary>
    public string Name { get; } = "attune_" + Guid.NewGuid().ToString("N");

    /// <summary>The server; skips the test where there is none.</summary>
    public static string Server
    {
        get
        {
            var server = Environment.GetEnvironmentVariable("ATTUNE_TEST_POSTGRES");
            Assert.SkipWhen(string.IsNullOrEmpty(server), "needs a PostgreSQL server: run tests/postgres.sh, which starts one");
            return server!;
        }
    }

    /// <summary>The schema as <c>search.store</c> names it.</summary>
    public string Place
    {
        get
        {
            if (made is not null)
                return made;
            Execute(Server, $"CREATE SCHEMA {Name}");
            return made = $"{Server};Search Path={Name};Application Name={Name}";
        }
    }

    /// <summary>Runs a statement of a test's own.</summary>
    public static object? Execute(string place, string sql)
    {
        using var connection = new NpgsqlConnection(place + ";Pooling=false;Application Name=tests");
        connection.Open();
#pragma warning disable CA2100 // Only texts of tests.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    public void Dispose()
    {
        if (made is not null)
            Execute(Server, $"DROP SCHEMA {Name} CASCADE");
    }
}
