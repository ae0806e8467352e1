using Attune.Problems;
using Attune.Search.Stores;

namespace Attune.Tests.Search.Stores;

/// <summary>How a server is named; nothing is connected to.</summary>
public class PostgresPlaceTests
{
    [Theory]
    [InlineData("postgresql://ann@db.example/studies", true)]
    [InlineData("postgres://db", true)]
    [InlineData("Host=db;Database=x", true)]
    [InlineData("Database=x; host=db", true)]
    [InlineData("runs/study.db", false)]
    [InlineData("C:\\runs\\study.db", false)]
    [InlineData("runs/a=b;c.db", false)]
    public void A_server_is_told_from_a_file(string place, bool isServer)
    {
        Assert.Equal(isServer, PostgresPlace.Is(place));
        Assert.Equal(!isServer, StudyStores.IsFile(place));
    }

    [Fact]
    public void A_uri_is_read_as_the_servers_own_tools_read_it()
    {
        var (settings, study) = PostgresPlace.Parse("postgresql://ann%40home:p%3Ass@db.example:6543/my%20studies?sslmode=require&connect_timeout=3&study=first");
        Assert.Equal(("ann@home", "p:ss", "db.example", 6543, "my studies"), (settings.Username, settings.Password, settings.Host, settings.Port, settings.Database));
        Assert.Equal((Npgsql.SslMode.Require, 3, "first"), (settings.SslMode, settings.Timeout, study));
        Assert.Equal(5432, PostgresPlace.Parse("postgresql://db").Settings.Port);
    }

    [Fact]
    public void A_connection_string_is_read_and_may_name_the_study()
    {
        var (settings, study) = PostgresPlace.Parse("Host=db;Username=ann;Password='a;b';Study=two");
        Assert.Equal(("db", "ann", "a;b", "two"), (settings.Host, settings.Username, settings.Password, study));
        Assert.Null(PostgresPlace.Parse("Host=db").Study);
    }

    [Theory]
    [InlineData("postgresql://ann:hush@db/x?nonsense=1")]
    [InlineData("postgresql://ann:hush@db:port/x")]
    [InlineData("Host=db;Password=hush;Nonsense=1")]
    [InlineData("Host=db;Password=hush;Port=many")]
    public void What_is_wrong_is_said_without_the_password(string place)
    {
        var error = Assert.Throws<UserErrorException>(() => PostgresPlace.Parse(place)).Message;
        Assert.Contains("search.store", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", error, StringComparison.Ordinal);
    }
}
