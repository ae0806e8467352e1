using System.Data.Common;
using Attune.Problems;
using Npgsql;

namespace Attune.Search.Stores;

/// <summary>Where a study is on a PostgreSQL server: a URI as its own tools take it, or Npgsql's <c>Host=…;Database=…</c>. What is not given comes from PGUSER,
/// PGPASSWORD and PGPASSFILE. One database holds many studies: <c>study=NAME</c> among the settings says which.</summary>
internal static class PostgresPlace
{
    /// <summary>Whether a text names a server rather than a file.</summary>
    public static bool Is(string place) =>
        IsUri(place) || place.Split(';').Any(static p => p.TrimStart().StartsWith("Host=", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads it.</summary>
    /// <exception cref="UserErrorException">It is malformed, or has a setting that is none. The message never repeats the text, which may hold a password.</exception>
    public static (NpgsqlConnectionStringBuilder Settings, string? Study) Parse(string place)
    {
        try
        {
            var given = IsUri(place) ? OfUri(place) : new DbConnectionStringBuilder { ConnectionString = place };
            var study = given.TryGetValue("study", out var name) ? (string)name : null;
            given.Remove("study");
            var settings = new NpgsqlConnectionStringBuilder(given.ConnectionString);
            settings.Username ??= Environment.GetEnvironmentVariable("PGUSER") ?? Environment.UserName;
            // One connection a study, closed with it. A server that vanished is found out by a sign of life on an idle connection.
            (settings.Pooling, settings.Enlist, settings.KeepAlive) = (false, false, 30);
            settings.Timeout = Math.Min(settings.Timeout, 10);
            settings.ApplicationName ??= "attune search";
            return (settings, study);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            throw new UserErrorException("search.store", $"is no connection to PostgreSQL: {e.Message}", "write postgresql://user@host:5432/database, or Host=…;Database=…;Username=…");
        }
    }

    private static bool IsUri(string place) => place.StartsWith("postgresql://", StringComparison.Ordinal) || place.StartsWith("postgres://", StringComparison.Ordinal);

    private static DbConnectionStringBuilder OfUri(string place)
    {
        if (!Uri.TryCreate(place, UriKind.Absolute, out var uri))
            throw new FormatException("the URI cannot be read (a password with special characters is written with %40 for @ and so on)");
        var settings = new DbConnectionStringBuilder { ["Host"] = Uri.UnescapeDataString(uri.Host), ["Port"] = uri.Port > 0 ? uri.Port : 5432 };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            settings["Username"] = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            settings["Password"] = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1)
            settings["Database"] = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var n, var v] ? (n, Uri.UnescapeDataString(v)) : throw new FormatException("a setting behind ? has no value");
            settings[Name(name)] = value;
        }
        return settings;
    }

    // libpq's names of what Npgsql spells otherwise.
    private static string Name(string name) => name switch
    {
        "dbname" => "Database",
        "user" => "Username",
        "connect_timeout" => "Timeout",
        "application_name" => "Application Name",
        "sslrootcert" => "Root Certificate",
        "sslcert" => "SSL Certificate",
        "sslkey" => "SSL Key",
        "sslpassword" => "SSL Password",
        _ => name,
    };
}
