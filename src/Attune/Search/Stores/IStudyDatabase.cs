using System.Data.Common;
using Attune.Problems;

namespace Attune.Search.Stores;

/// <summary>What <see cref="SqlStudy"/> has to know of a database: everything else is the same SQL everywhere.</summary>
internal interface IStudyDatabase
{
    /// <summary>The database for a message; never with a password.</summary>
    string Place { get; }

    /// <summary>The seconds since 1970 by the database's own clock, as SQL. A lease is never compared with a client's clock.</summary>
    string Clock { get; }

    /// <summary>1 where the table <c>attune_version</c> is there, else 0, as SQL.</summary>
    string HasTables { get; }

    /// <summary>How many tables of others forbid to create ours, as SQL.</summary>
    string ForeignTables { get; }

    /// <summary>Makes one process alone create the tables, as SQL; empty where a writing transaction does so by itself.</summary>
    string LockSchema { get; }

    /// <summary>Stands behind the choice of the study's row and makes work on one study go one after the other; empty where a writing transaction does so by itself.</summary>
    string ForUpdate { get; }

    /// <summary>Opens a connection that nothing else uses.</summary>
    DbConnection Connect();

    /// <summary>Begins a transaction that writes, and has the sole right to from the start or from the row that <see cref="ForUpdate"/> locks; or one that reads one moment's state.</summary>
    DbTransaction Begin(DbConnection connection, bool writes);

    /// <summary>Whether the same may succeed a little later: a connection that broke, a server that restarts, a lock that was held for long.</summary>
    bool MayPass(DbException error);

    /// <summary>What went wrong, for the user.</summary>
    Problem Explain(DbException error);
}
