using Attune.Adapters;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;
using Attune.Tests.Models;

namespace Attune.Tests.Adapters;

public class PrincipalPartTests
{
    /// <summary>Against a weight of known singular values: what is left is theirs from rank + 1 on, and the found part is shared evenly between A and B.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_is_the_best_approximation_of_its_rank(bool byInputs)
    {
        const int outs = 40, ins = 56, rank = 5;
        double Sigma(int i) => 8 * Math.Pow(0.7, i);
        var (u, v) = (Basis(outs, 30, 1), Basis(ins, 30, 2));
        var weight = byInputs ? Tensor.Allocate(DType.F32, ins, outs) : Tensor.Allocate(DType.F32, outs, ins);
        for (var o = 0; o < outs; o++)
        {
            for (var i = 0; i < ins; i++)
                (byInputs ? ref weight.At<float>(i, o) : ref weight.At<float>(o, i)) = (float)Enumerable.Range(0, 30).Sum(k => Sigma(k) * u[k][o] * v[k][i]);
        }
        var (a, b) = (Tensor.Allocate(DType.F32, rank, ins), Tensor.Allocate(DType.F32, outs, rank));
        using var arena = TestBackends.NewArena();
        var start = new AdapterStart(RandomKey.OfSeed(3), TestBackends.Make(TestBackends.Cpu), arena);
        PrincipalPart.Find(new Linear("layer", new Parameter("w", weight), null, byInputs), a, b, 2, start);
        double left = 0;
        for (var o = 0; o < outs; o++)
        {
            for (var i = 0; i < ins; i++)
            {
                var rest = (byInputs ? weight.At<float>(i, o) : weight.At<float>(o, i)) - 2 * Enumerable.Range(0, rank).Sum(r => (double)b.At<float>(o, r) * a.At<float>(r, i));
                left += rest * rest;
            }
        }
        var best = Math.Sqrt(Enumerable.Range(rank, 30 - rank).Sum(k => Sigma(k) * Sigma(k)));
        Assert.InRange(Math.Sqrt(left), 0.9999 * best, 1.001 * best);
        for (var r = 0; r < rank; r++)
        {
            Assert.Equal(Math.Sqrt(Sigma(r) / 2), Math.Sqrt(a.RowRange(r, 1).ToArray().Sum(static x => (double)x * x)), 1e-2);
            Assert.Equal(Math.Sqrt(Sigma(r) / 2), Math.Sqrt(Enumerable.Range(0, outs).Sum(o => (double)b.At<float>(o, r) * b.At<float>(o, r))), 1e-2);
        }
        Assert.Equal(0, arena.InUse);
    }

    // So many orthonormal rows of a random matrix.
    private static double[][] Basis(int length, int count, int seed)
    {
        var rows = Enumerable.Range(0, count).Select(r => Enumerable.Range(0, length).Select(c => RandomKey.OfSeed(seed).Normal(r * length + c)).ToArray()).ToArray();
        for (var r = 0; r < count; r++)
        {
            for (var twice = 0; twice < 2; twice++)
            {
                foreach (var other in rows[..r])
                {
                    var dot = other.Zip(rows[r]).Sum(static p => p.First * p.Second);
                    rows[r] = [.. rows[r].Zip(other, (x, y) => x - dot * y)];
                }
            }
            var norm = Math.Sqrt(rows[r].Sum(static x => x * x));
            rows[r] = [.. rows[r].Select(x => x / norm)];
        }
        return rows;
    }
}
