using Attune.Engine.Backends;
using Attune.Engine.Tests.Autograd;
using static Attune.Engine.Tests.Reference.ReferenceTests;

namespace Attune.Engine.Tests.Reference;

/// <summary>Attention and rotary positions against small cases and against themselves.</summary>
public class ReferenceAttentionTests
{
    private static readonly ReferenceBackend<double> Backend = new();
    private static readonly AttentionShape OneHead = new(1, 1, 1, 1);
    private static readonly AttentionShape Grouped = new(4, 2, 2, 0.5f);

    [Fact]
    public void A_query_mixes_the_values_up_to_its_own_by_softmax()
    {
        var o = Attention(Of(2, 1, 1, 1), Of(2, 1, 0, (float)Math.Log(3)), Of(2, 1, 8, 4), AttentionPlan.Packed([2]), OneHead);
        AssertClose([8, 0.25 * 8 + 0.75 * 4], o);
    }

    [Fact]
    public void A_window_holds_the_last_keys_and_the_own()
    {
        var (q, k, v) = (Of(4, 1, 0, 0, 0, 0), Of(4, 1, 1, 2, 3, 4), Of(4, 1, 1, 10, 100, 1000));
        AssertClose([1, 5.5, 55, 550], Attention(q, k, v, AttentionPlan.Packed([4]), OneHead with { Window = 2 }));
        AssertClose([1, 10, 100, 1000], Attention(q, k, v, AttentionPlan.Packed([4]), OneHead with { Window = 1 }));
        // The one query of a cache of four.
        AssertClose([370], Attention(q.RowRange(3, 1), k, v, new AttentionPlan([new(0, 1, 0, 4)]), OneHead with { Window = 3 }));
    }

    [Fact]
    public void A_soft_cap_bounds_the_scores()
    {
        // Scores 3 · 1 · (0, 5), capped at 2: the second becomes 2 · tanh(15 / 2).
        var weight = 1 / (1 + Math.Exp(-2 * Math.Tanh(7.5)));
        var o = Attention(Of(2, 1, 1, 1), Of(2, 1, 0, 5), Of(2, 1, 8, 4), AttentionPlan.Packed([2]), OneHead with { Scale = 3, SoftCap = 2 });
        AssertClose([8, weight * 4 + (1 - weight) * 8], o);
    }

    [Fact]
    public void Sequences_do_not_see_each_other()
    {
        var inputs = new Inputs(static _ => false);
        var (q, k, v) = (inputs.Flow(5, 8).Value, inputs.Flow(5, 4).Value, inputs.Flow(5, 4).Value);
        var packed = Attention(q, k, v, AttentionPlan.Packed([2, 0, 3]), Grouped).ToArray();
        var first = Attention(q.RowRange(0, 2), k.RowRange(0, 2), v.RowRange(0, 2), AttentionPlan.Packed([2]), Grouped).ToArray();
        var second = Attention(q.RowRange(2, 3), k.RowRange(2, 3), v.RowRange(2, 3), AttentionPlan.Packed([3]), Grouped).ToArray();
        Assert.Equal(packed, first.Concat(second));
    }

    [Fact]
    public void The_last_query_over_cached_keys_is_the_last_row_of_the_whole()
    {
        var inputs = new Inputs(static _ => false);
        var (q, k, v) = (inputs.Flow(5, 8).Value, inputs.Flow(5, 4).Value, inputs.Flow(5, 4).Value);
        var whole = Attention(q, k, v, AttentionPlan.Packed([5]), Grouped);
        var cached = Attention(q.RowRange(4, 1), k, v, new AttentionPlan([new(0, 1, 0, 5)]), Grouped);
        Assert.Equal(whole.RowRange(4, 1).ToArray(), cached.ToArray());
    }

    [Fact]
    public void Query_heads_share_the_keys_of_their_group()
    {
        var inputs = new Inputs(static _ => false);
        var (q, k, v) = (inputs.Flow(3, 8).Value, inputs.Flow(3, 4).Value, inputs.Flow(3, 4).Value);
        var grouped = Attention(q, k, v, AttentionPlan.Packed([3]), Grouped);
        for (var head = 0; head < 4; head++)
        {
            var (own, group) = (head * 2, head / 2 * 2);
            var alone = Attention(q.ColRange(own, 2), k.ColRange(group, 2), v.ColRange(group, 2),
                AttentionPlan.Packed([3]), new AttentionShape(1, 1, 2, 0.5f));
            Assert.Equal(grouped.ColRange(own, 2).ToArray(), alone.ToArray());
        }
    }

    [Fact]
    public void Rows_that_see_nothing_are_zero_and_large_scores_do_not_overflow()
    {
        AssertClose([0, 8], Attention(Of(2, 1, 1, 1), Of(1, 1, 1), Of(1, 1, 8), new AttentionPlan([new(0, 2, 0, 1)]), OneHead));
        AssertClose([8, 4], Attention(Of(2, 1, 1e4f, 1e4f), Of(2, 1, 0, 1e4f), Of(2, 1, 8, 4), AttentionPlan.Packed([2]), OneHead));
    }

    [Fact]
    public void Rope_turns_half_split_pairs_and_leaves_the_rest_of_a_head_alone()
    {
        var x = Of(1, 6, 1, 2, 3, 4, 5, 6);
        var frequencies = Of(1, 2, 0, 0);
        frequencies.At<double>(0, 0) = Math.PI / 4;
        var turns = Of(1, 4, 0, 0, 0, 0);
        Backend.Attention.Turns(Inputs.Integers(2), frequencies, turns);
        Backend.Attention.Rope(x, 6, turns, inverse: false);
        // A quarter turn of (1, 3), no turn of (2, 4).
        AssertClose([-3, 2, 1, 4, 5, 6], x);
        Backend.Attention.Rope(x, 6, turns, inverse: true);
        AssertClose([1, 2, 3, 4, 5, 6], x);
    }

    private static Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionPlan plan, AttentionShape shape)
    {
        var o = Tensor.Allocate(DType.F64, q.Rows, q.Cols);
        Backend.Attention.Attention(q, k, v, plan, shape, o, null, Tensor.Allocate(DType.U8, 0, 0));
        return o;
    }
}
