using System.Numerics;

namespace Attune.Search.Importance;

/// <summary>One parameter of a study as the forest sees it.</summary>
/// <param name="Name">For the reader.</param>
/// <param name="Categories">
/// How many values without an order it has, which are then the numbers 0, 1, 2 …; 0 for a number, whose range is 0 to 1 (of a logarithmic
/// parameter in the logarithm, of whole numbers in their place between the least and the largest).
/// </param>
public sealed record Axis(string Name, int Categories)
{
    /// <summary>The most categories that keep no order; beyond, their place in the list is taken for a number.</summary>
    public const int MostCategories = 64;

    /// <summary>Whether its values have no order.</summary>
    internal bool IsCategorical => Categories is > 0 and <= MostCategories;

    /// <summary>The whole of it.</summary>
    internal Extent Whole => IsCategorical ? new Extent(0, 0, ulong.MaxValue >> (MostCategories - Categories)) : new Extent(0, 1, 0);

    /// <summary>A value as the forest holds it: a number from 0 to 1, or the number of a category.</summary>
    internal double Scaled(double value) => Categories > MostCategories ? value / (Categories - 1) : value;

    /// <summary>The part of the whole that an extent is.</summary>
    internal double Share(Extent part) => IsCategorical ? (double)BitOperations.PopCount(part.Mask) / Categories : part.High - part.Low;
}

/// <summary>Part of an axis: an interval of a number, or a set of categories, one bit each.</summary>
internal readonly record struct Extent(double Low, double High, ulong Mask)
{
    /// <summary>The two parts below and above a threshold.</summary>
    public (Extent Left, Extent Right) At(double threshold) => (this with { High = threshold }, this with { Low = threshold });

    /// <summary>The two parts in and outside a set of categories.</summary>
    public (Extent Left, Extent Right) By(ulong set) => (this with { Mask = Mask & set }, this with { Mask = Mask & ~set });
}
