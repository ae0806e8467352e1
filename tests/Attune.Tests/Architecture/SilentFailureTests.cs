using System.Reflection;
using Xunit.v3;

namespace Attune.Tests.Architecture;

/// <summary>Every silent failure that Attune promises to make loud has a test that says so.</summary>
public class SilentFailureTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(25)]
    public void Each_row_has_a_test(int row)
    {
        var tested = typeof(SilentFailureTests).Assembly.GetTypes()
            .SelectMany(static t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(static m => m.GetCustomAttributes<FactAttribute>().Any())
            .SelectMany(static m => m.GetCustomAttributes().OfType<ITraitAttribute>().SelectMany(static a => a.GetTraits()))
            .Where(static t => t.Key == "SilentFailure")
            .Select(static t => t.Value)
            .ToHashSet();
        Assert.Contains(row.ToString(System.Globalization.CultureInfo.InvariantCulture), tested);
    }
}
