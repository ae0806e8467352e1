using System.Data.Common;
using System.Globalization;
using Attune.Problems;

namespace Attune.Search.Stores;

/// <summary>
/// A study in a database. Every operation that writes holds the study (its file, or its row) from its first statement on, so that operations
/// of any number of processes go one after the other: numbers have no gaps, a trial has one owner, and a proposal is made from all
/// trials before it. A claim leaves a token, an end its state: after a connection that broke in a commit, the second try sees whether the first was done.
/// </summary>
internal sealed class SqlStudy : IStudyStore
{
    private const string Mine = "study = @study AND number = @number AND state = 'Running' AND owner = @owner";
    private const int LongestError = 4000;

    private readonly SqlSession session;
    private readonly StudyIdentity identity;
    private readonly string clock;

    /// <summary>Opens the study, or begins it.</summary>
    /// <exception cref="UserErrorException">The place cannot be used, or holds something else.</exception>
    public SqlStudy(IStudyDatabase database, StudyIdentity identity)
    {
        (session, this.identity, clock) = (new SqlSession(database), identity, database.Clock);
        try
        {
            session.Begin(work => StudySchema.Prepare(database, work, identity));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public Trial? Claim(string owner, TimeSpan lease, Func<int, IReadOnlyList<Trial>, IReadOnlyList<ParameterValue>?> propose)
    {
        var claim = Guid.NewGuid().ToString("N");
        return Change(work =>
        {
            if (work.IsAgain && Number(work.Get("SELECT number FROM attune_trial WHERE study = @study AND claim = @claim", Study, ("claim", claim))) is { } done)
                return Read(work, done)[0];
            var free = Number(work.Get(
                $"SELECT min(number) FROM attune_trial WHERE study = @study AND (state = 'Waiting' OR (state = 'Running' AND lease_ends <= {clock}))", Study));
            if (free is not { } number)
            {
                var before = Read(work, null);
                number = before.Count;
                if (propose(number, before) is not { } values)
                    return null;
                Insert(work, number, values);
            }
            work.Run(
                $"UPDATE attune_trial SET state = 'Running', owner = @owner, claim = @claim, lease_ends = {clock} + @lease, attempts = attempts + 1 WHERE study = @study AND number = @number",
                Study, ("number", number), ("owner", owner), ("claim", claim), ("lease", lease.TotalSeconds));
            return Read(work, number)[0];
        });
    }

    /// <inheritdoc />
    public bool Beat(int number, string owner, TimeSpan lease) => Change(work => work.Run(
        $"UPDATE attune_trial SET lease_ends = {clock} + @lease WHERE {Mine}", Study, ("number", number), ("owner", owner), ("lease", lease.TotalSeconds)) > 0);

    /// <inheritdoc />
    public bool Report(int number, string owner, TrialReport report) => Change(work => work.Run(
        $"""
        INSERT INTO attune_report (study, number, step, value) SELECT study, number, @step, CAST(@value AS DOUBLE PRECISION) FROM attune_trial WHERE {Mine}
        ON CONFLICT (study, number, step) DO UPDATE SET value = excluded.value
        """,
        // SQLite has no NaN: no value stands for it.
        Study, ("number", number), ("owner", owner), ("step", report.Step), ("value", double.IsNaN(report.Value) ? null : report.Value)) > 0);

    /// <inheritdoc />
    public bool End(int number, string owner, TrialEnd end) => Leave(number, owner, end.State, "result = @result, error = @error",
        ("result", end.Result), ("error", end.Error is { } error ? Text(error) : null));

    /// <inheritdoc />
    public bool Release(int number, string owner) => Leave(number, owner, TrialState.Waiting, "result = NULL");

    /// <inheritdoc />
    public IReadOnlyList<Trial> Trials() => session.Do(writes: false, work => Read(work, null));

    /// <inheritdoc />
    public void Dispose() => session.Dispose();

    private (string Name, object? Value) Study => ("study", identity.Name);

    private T Change<T>(Func<SqlWork, T> body) => session.Do(writes: true, work =>
    {
        if (session.Database.ForUpdate is { Length: > 0 } lockRow)
            work.Get($"SELECT name FROM attune_study WHERE name = @study {lockRow}", Study);
        return body(work);
    });

    private bool Leave(int number, string owner, TrialState state, string set, params (string Name, object? Value)[] values) => Change(work =>
    {
        (string, object?)[] all = [Study, ("number", number), ("owner", owner), ("state", state.ToString()), .. values];
        if (work.Run($"UPDATE attune_trial SET state = @state, lease_ends = NULL, {set} WHERE {Mine}", all) > 0)
            return true;
        return work.IsAgain && work.Get(
            "SELECT number FROM attune_trial WHERE study = @study AND number = @number AND owner = @owner AND state = @state", Study, ("number", number), ("owner", owner), ("state", state.ToString())) is not null;
    });

    private void Insert(SqlWork work, int number, IReadOnlyList<ParameterValue> values)
    {
        work.Run("INSERT INTO attune_trial (study, number, state, attempts) VALUES (@study, @number, 'Waiting', 0)", Study, ("number", number));
        foreach (var (place, value) in values.Index())
        {
            work.Run("INSERT INTO attune_value (study, number, place, name, value) VALUES (@study, @number, @place, @name, @value)",
                Study, ("number", number), ("place", place), ("name", value.Name), ("value", value.Value));
        }
    }

    // All trials, or one: their numbers are their places.
    private List<Trial> Read(SqlWork work, int? one)
    {
        var which = one is null ? "" : "AND number = @number";
        (string, object?)[] values = one is null ? [Study] : [Study, ("number", one)];
        var parameters = work.All($"SELECT number, name, value FROM attune_value WHERE study = @study {which} ORDER BY number, place",
            static r => (Number: r.GetInt32(0), Value: new ParameterValue(r.GetString(1), r.GetString(2))), values).ToLookup(static v => v.Number, static v => v.Value);
        var reports = work.All($"SELECT number, step, value FROM attune_report WHERE study = @study {which} ORDER BY number, step",
            static r => (Number: r.GetInt32(0), Report: new TrialReport(r.GetInt32(1), r.IsDBNull(2) ? double.NaN : r.GetDouble(2))), values).ToLookup(static v => v.Number, static v => v.Report);
        var trials = work.All($"SELECT number, state, owner, lease_ends, attempts, result, error FROM attune_trial WHERE study = @study {which} ORDER BY number", Trial, values);
        if (one is null && trials.Index().Any(static t => t.Item.Number != t.Index))
            throw Damaged($"trial {trials.Index().First(static t => t.Item.Number != t.Index).Index} is missing");
        return trials.ConvertAll(t => t with { Values = [.. parameters[t.Number]], Reports = [.. reports[t.Number]] });
    }

    private Trial Trial(DbDataReader row) => new()
    {
        Number = row.GetInt32(0),
        Values = [],
        State = Enum.TryParse<TrialState>(row.GetString(1), out var state) && Enum.IsDefined(state) ? state : throw Damaged($"trial {row.GetInt32(0)} is '{row.GetString(1)}'"),
        Owner = row.IsDBNull(2) ? null : row.GetString(2),
        LeaseEnds = row.IsDBNull(3) ? null : DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(row.GetDouble(3), 0, 1e11)),
        Attempts = row.GetInt32(4),
        Result = row.IsDBNull(5) ? null : row.GetDouble(5),
        Error = row.IsDBNull(6) ? null : row.GetString(6),
    };

    private UserErrorException Damaged(string what) => new($"{session.Database.Place}, study {identity.Name}", $"is damaged: {what}", "begin another study (search.store or output)");

    // PostgreSQL's texts have no zero bytes; and a study is no place for a log.
    private static string Text(string error)
    {
        var clean = error.Replace("\0", "", StringComparison.Ordinal);
        return clean.Length <= LongestError ? clean : clean[..LongestError] + " …";
    }

    private static int? Number(object? value) => value is null ? null : Convert.ToInt32(value, CultureInfo.InvariantCulture);
}
