using Attune.Data;

namespace Attune.Tests.Data;

public class SourceNamesTests
{
    [Theory]
    [InlineData("data/train.jsonl other/rows.csv", "train.jsonl rows.csv")]
    [InlineData("2023/train.jsonl 2024/train.jsonl x/rows.csv", "2023/train.jsonl 2024/train.jsonl rows.csv")]
    [InlineData("a/x/rows.csv b/x/rows.csv b/y/rows.csv", "a/x/rows.csv b/x/rows.csv y/rows.csv")]
    [InlineData("a/rows.csv ./a/rows.csv", "rows.csv rows.csv")]
    [InlineData("a/all.json#train a/all.json#test", "all.json#train all.json#test")]
    [InlineData("a/all.json#train b/all.json#train", "a/all.json b/all.json")]
    [InlineData("", "")]
    public void A_name_is_as_long_as_it_must_be(string paths, string names) =>
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), SourceNames.Of([.. paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static p => new DataSource(p))]));
}
