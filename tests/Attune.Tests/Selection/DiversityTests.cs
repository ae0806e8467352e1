using Attune.Engine;
using Attune.Selection;

namespace Attune.Tests.Selection;

/// <summary>K-centre, facility location and quality with diversity, on vectors with a known answer.</summary>
public sealed class DiversityTests
{
    private static Vectors Of(params float[][] rows)
    {
        var vectors = new Vectors(rows.Length, rows[0].Length);
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].CopyTo(vectors[i]);
            Vectors.Normalise(vectors[i]);
        }
        return vectors;
    }

    private static Vectors Random(int count, int length, long seed)
    {
        var key = RandomKey.OfSeed(seed);
        return Of([.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, length).Select(c => (float)key.Normal(i * length + c)).ToArray())]);
    }

    // Each of five rows three times, all but equal.
    private static Vectors Copies() => Of([.. Enumerable.Range(0, 15).Select(i => Enumerable.Range(0, 5).Select(c => (c == i % 5 ? 1f : 0) + (c == (i + i / 5) % 5 ? 0.01f * (i / 5) : 0)).ToArray())]);

    private static int[] All(Vectors vectors) => [.. Enumerable.Range(0, vectors.Count)];

    [Fact]
    public void Near_copies_are_not_chosen_twice()
    {
        var vectors = Copies();
        foreach (var order in new[] { KCentreSelector.Order(vectors, All(vectors)), FacilityLocationSelector.Order(vectors, All(vectors)), QualityDiversitySelector.Order(All(vectors), vectors, 0.9f) })
            Assert.Equal([0, 1, 2, 3, 4], order.Take(5).Select(static r => r % 5).Order());
    }

    [Fact]
    public void Every_row_comes_once()
    {
        var vectors = Copies();
        foreach (var order in new[] { KCentreSelector.Order(vectors, All(vectors)), FacilityLocationSelector.Order(vectors, All(vectors)), QualityDiversitySelector.Order(All(vectors), vectors, 0.9f) })
            Assert.Equal(All(vectors), order.Order());
    }

    /// <summary>No row is farther from the chosen than twice what the best choice could do.</summary>
    [Fact]
    public void The_radius_of_k_centre_is_at_most_twice_the_best()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var vectors = Random(10, 4, seed);
            double Radius(IEnumerable<int> chosen) => All(vectors).Max(i => chosen.Min(j => Math.Sqrt(Math.Max(0, 2 - 2 * vectors.Cosine(i, j)))));
            Assert.InRange(Radius(KCentreSelector.Order(vectors, All(vectors)).Take(3)), 0, 2 * Triples(10).Min(Radius) + 1e-3);
        }
    }

    /// <summary>Lazily the same rows as without laziness, and at least 1 − 1/e of the best value that any three rows have.</summary>
    [Fact]
    public void Facility_location_is_the_plain_greedy_choice_and_near_the_best()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var vectors = Random(12, 4, seed);
            var similar = FacilityLocationSelector.Similarities(vectors, All(vectors));
            double Value(IEnumerable<int> chosen) => All(vectors).Sum(i => (double)chosen.Select(j => similar[i * 12 + j]).DefaultIfEmpty(0).Max());
            int[] chosen = [.. FacilityLocationSelector.Order(vectors, All(vectors)).Take(3)];
            var plain = new List<int>();
            while (plain.Count < 3)
                plain.Add(All(vectors).Except(plain).MaxBy(j => Value(plain.Append(j))));
            Assert.Equal(plain, chosen);
            Assert.InRange(Value(chosen), (1 - 1 / Math.E) * Triples(12).Max(Value), double.MaxValue);
        }
    }

    [Fact]
    public void The_better_of_two_near_rows_is_kept_and_the_other_follows_behind_all()
    {
        var vectors = Of([1, 0, 0], [1, 0.05f, 0], [0, 1, 0], [0, 1, 0.05f]);
        Assert.Equal([3, 1, 0, 2], QualityDiversitySelector.Order([3, 1, 0, 2], vectors, 0.9f).Take(2).Concat([0, 2]));
        Assert.Equal([3, 1, 2, 0], QualityDiversitySelector.Order([3, 2, 1, 0], vectors, 0.9f));
        Assert.Equal([3, 2, 1, 0], QualityDiversitySelector.Order([3, 2, 1, 0], vectors, 1));
    }

    /// <summary>More rows than a block holds: every block gives in turn, every row comes once, and the seed alone decides.</summary>
    [Fact]
    public void Blocks_share_a_budget_evenly()
    {
        var key = RandomKey.OfSeed(4);
        var seen = new List<int[]>();
        IEnumerable<int> Order() => Blocks.Order(100, 30, key, rows =>
        {
            seen.Add(rows);
            return rows;
        });
        int[] order = [.. Order()];
        Assert.Equal(Enumerable.Range(0, 100), order.Order());
        Assert.Equal([25, 25, 25, 25], seen.Select(static r => r.Length));
        Assert.All(seen, rows => Assert.Equal(10, order.Take(40).Count(rows.Contains)));
        Assert.Equal(order, Order());
        Assert.Equal([0, 1, 2], Blocks.Order(3, 30, key, static rows => rows));
    }

    private static IEnumerable<int[]> Triples(int n) => from a in Enumerable.Range(0, n) from b in Enumerable.Range(a + 1, n - a - 1) from c in Enumerable.Range(b + 1, n - b - 1) select new[] { a, b, c };
}
