using Attune.Data;

namespace Attune.Tests.Data;

public class RowPairsTests
{
    [Fact]
    public void Examples_of_a_row_belong_together_in_their_order()
    {
        static Example Of(string file, int row, int id) => new([id, id], [false, true], file, row, 0);
        Example[] first = [Of("a", 1, 1), Of("a", 1, 2), Of("a", 2, 3), Of("b", 1, 4), Of("a", 1, 5)];
        Example[] second = [Of("b", 1, 14), Of("a", 1, 11), Of("a", 3, 16), Of("a", 1, 12)];
        Assert.Equal([11, 12, null, 14, null], RowPairs.Of(first, second).Select(static p => p.Second?.Ids[0]));
        Assert.Equal(first, RowPairs.Of(first, second).Select(static p => p.First));
    }
}
