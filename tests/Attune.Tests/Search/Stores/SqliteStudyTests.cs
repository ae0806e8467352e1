using Attune.Problems;
using Attune.Search.Stores;
using Attune.Tests.Formats;
using Microsoft.Data.Sqlite;

namespace Attune.Tests.Search.Stores;

/// <summary>Studies in a file.</summary>
public class SqliteStudyTests : SqlStudyConformance
{
    private readonly TempFolder folder = new();

    protected override string Place => folder.File("study.db");

    [Fact]
    public void Its_folder_is_made() => StudyStores.Open(Path.Combine(folder.Path, "deep", "down", "study.db"), About).Dispose();

    [Fact]
    public void A_file_of_something_else_is_refused_and_left_alone()
    {
        File.WriteAllText(Place, new string('x', 5000));
        Refused("is no study: not an SQLite database");
        Assert.Equal(new string('x', 5000), File.ReadAllText(Place));
    }

    [Fact]
    public void A_database_of_another_program_is_refused_and_left_alone()
    {
        Sql("CREATE TABLE bookmarks (url TEXT)");
        Refused("a database of another program");
        Assert.Equal("bookmarks", Sql("SELECT group_concat(name) FROM sqlite_master"));
    }

    [Fact]
    public void A_newer_version_is_refused()
    {
        Open(About).Dispose();
        Sql("UPDATE attune_version SET version = 2");
        Refused("holds studies of version 2; this program knows version 1");
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        Directory.CreateDirectory(Place);
        Refused("expected a file, found a folder");
    }

    [Fact]
    public void Numbers_with_a_gap_and_states_that_are_none_are_damage()
    {
        using (var study = Open(About))
        {
            study.Claim("a", TimeSpan.FromMinutes(1), static (_, _) => []);
            study.Claim("a", TimeSpan.FromMinutes(1), static (_, _) => []);
            Sql("UPDATE attune_trial SET state = 'Asleep' WHERE number = 1");
            Assert.Contains("trial 1 is 'Asleep'", Assert.Throws<UserErrorException>(() => study.Trials()).Message, StringComparison.Ordinal);
            Sql("DELETE FROM attune_trial WHERE number = 0");
            Sql("UPDATE attune_trial SET state = 'Done'");
            Assert.Contains("trial 0 is missing", Assert.Throws<UserErrorException>(() => study.Trials()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Readers_do_not_wait_for_a_writer()
    {
        using var study = Open(About);
        study.Claim("a", TimeSpan.FromMinutes(1), static (_, _) => []);
        using var other = Connect();
        using var writer = other.BeginTransaction();
        Assert.Single(study.Trials());
    }

    private void Refused(string why) => Assert.Contains(why, Assert.Throws<UserErrorException>(() => Open(About)).Message, StringComparison.Ordinal);

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Place};Pooling=False");
        connection.Open();
        return connection;
    }

    private string? Sql(string text)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only texts of this file.
        command.CommandText = text;
#pragma warning restore CA2100
        return command.ExecuteScalar() as string;
    }

    public override void Dispose()
    {
        base.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
