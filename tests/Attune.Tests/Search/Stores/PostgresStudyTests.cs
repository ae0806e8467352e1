using Attune.Problems;
using Attune.Search;
using Attune.Search.Stores;
using Npgsql;

namespace Attune.Tests.Search.Stores;

/// <summary>Studies on a PostgreSQL server: the one that <c>tests/postgres.sh</c> starts, each test in a schema of its own.</summary>
public class PostgresStudyTests : SqlStudyConformance
{
    private readonly PostgresSchema own = new();

    protected override string Place => own.Place;

    private string Schema => own.Name;

    private static string Server => PostgresSchema.Server;

    [Fact]
    public void A_newer_version_is_refused()
    {
        Open(About).Dispose();
        Execute(Place, "UPDATE attune_version SET version = 2");
        Refused(Place, "holds studies of version 2");
    }

    [Fact]
    public void Processes_that_begin_a_store_at_once_make_one_set_of_tables()
    {
        var place = Place;
        Parallel.For(0, 6, _ => StudyStores.Open(place, About).Dispose());
        using var study = StudyStores.Open(place, About);
        Assert.Empty(study.Trials());
    }

    [Fact]
    public void A_wrong_password_is_named_and_not_repeated()
    {
        var settings = new NpgsqlConnectionStringBuilder(Place) { Password = "wrong-secret" };
        var error = Refused(settings.ConnectionString, "refuses the password");
        Assert.DoesNotContain("wrong-secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_database_is_named() => Refused(new NpgsqlConnectionStringBuilder(Place) { Database = "nowhere" }.ConnectionString, "there is no database nowhere");

    [Fact]
    public void A_missing_right_is_named()
    {
        var place = Place;
        Execute(place, $"CREATE ROLE reader_{Schema} LOGIN PASSWORD 'reader'");
        var settings = new NpgsqlConnectionStringBuilder(place) { Username = $"reader_{Schema}", Password = "reader" };
        Execute(place, $"GRANT USAGE ON SCHEMA {Schema} TO reader_{Schema}");
        Refused(settings.ConnectionString, "lacks a right");
        Execute(place, $"DROP OWNED BY reader_{Schema}; DROP ROLE reader_{Schema}");
    }

    [Fact]
    public void A_connection_that_dies_is_made_again_and_nothing_is_done_twice()
    {
        using var study = StudyStores.Open(Place, About);
        study.Claim("a", TimeSpan.FromHours(1), static (_, _) => Values("x"));
        CutOff();
        Assert.True(study.Report(0, "a", new TrialReport(1, 2)));
        CutOff();
        Assert.Equal(1, study.Claim("b", TimeSpan.FromHours(1), static (_, _) => Values("y"))!.Number);
        CutOff();
        Assert.True(study.End(0, "a", new TrialEnd(TrialState.Done, 3)));
        Assert.Equal([1, 1], study.Trials().Select(static t => t.Attempts));
    }

    [Fact]
    public void A_claim_that_is_cut_off_in_its_middle_is_made_once()
    {
        using var study = StudyStores.Open(Place, About);
        var proposals = 0;
        var trial = study.Claim("a", TimeSpan.FromHours(1), (number, _) =>
        {
            if (proposals++ == 0)
                CutOff();
            return Values($"{number}");
        });
        Assert.Equal((0, 2), (trial!.Number, proposals));
        Assert.Single(study.Trials());
    }

    /// <summary>The trial is claimed and its owner is not told: a server that waits for a second one has committed already when it cuts the connection.</summary>
    [Fact]
    public async Task A_claim_whose_answer_was_lost_is_found_again()
    {
        using var study = StudyStores.Open(Place, About);
        var proposals = 0;
        Execute(Server, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        try
        {
            Execute(Server, "SELECT pg_reload_conf()");
            var claim = Task.Run(() => study.Claim("a", TimeSpan.FromHours(1), (_, _) => Values($"{proposals++}")));
            while (Execute(Server, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{Schema}' AND wait_event = 'SyncRep'") is null)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            Normal();
            var trial = await claim;
            Assert.Equal((0, 1, 1), (trial!.Number, trial.Attempts, proposals));
        }
        finally
        {
            Normal();
        }
        Assert.Single(study.Trials());

        static void Normal()
        {
            Execute(Server, "ALTER SYSTEM RESET synchronous_standby_names");
            Execute(Server, "SELECT pg_reload_conf()");
        }
    }

    [Fact]
    public void A_server_that_does_not_answer_is_named() =>
        Refused("postgresql://somebody@127.0.0.1:1/studies?connect_timeout=2", "PostgreSQL 127.0.0.1:1/studies: there is no answer");

    private void CutOff() => Execute(Server, $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{Schema}'");

    private static string Refused(string place, string why)
    {
        var error = Assert.Throws<UserErrorException>(() => StudyStores.Open(place, About)).Message;
        Assert.Contains(why, error, StringComparison.Ordinal);
        return error;
    }

    private static object? Execute(string place, string sql) => PostgresSchema.Execute(place, sql);

    public override void Dispose()
    {
        base.Dispose();
        own.Dispose();
        GC.SuppressFinalize(this);
    }
}
