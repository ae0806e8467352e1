using System.Globalization;

namespace Attune.Problems;

/// <summary>Counts as people read them, in every sentence and table.</summary>
internal static class GroupedCounts
{
    /// <summary>With a comma between thousands, in every locale.</summary>
    public static string Grouped(this long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>With a comma between thousands, in every locale.</summary>
    public static string Grouped(this int count) => Grouped((long)count);
}
