using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

public sealed class SafeTensorsModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private void Shard(string name, params string[] tensors) => SafeTensorsWriter.Write(
        _folder.File(name), tensors.Select(t => new SafeTensorsDeclaration(t, SafeTensorsType.U8, [1])), (t, s) => s.WriteByte((byte)t.Name[0]));

    private void Index(string weightMap) => File.WriteAllText(
        _folder.File("model.safetensors.index.json"), $$"""{"metadata":{"total_size":2},"weight_map":{{weightMap}}}""");

    private string OpenFails() => Assert.Throws<UserErrorException>(() => SafeTensorsModel.Open(_folder.Path)).Message;

    [Fact]
    public void One_file()
    {
        Shard("model.safetensors", "a", "b");
        using var model = SafeTensorsModel.Open(_folder.Path);
        Assert.Equal(["a", "b"], model.Entries.Keys.Order());
        Assert.Equal([(byte)'b'], model.ReadBytes(model.Entries["b"]));
    }

    [Fact]
    public void Shards_are_one_view()
    {
        Shard("m-1.safetensors", "a");
        Shard("m-2.safetensors", "b", "c");
        Index("""{"c":"m-2.safetensors","a":"m-1.safetensors","b":"m-2.safetensors"}""");
        using var model = SafeTensorsModel.Open(_folder.Path);
        Assert.Equal(2, model.Files.Count);
        foreach (var name in (string[])["a", "b", "c"])
            Assert.Equal([(byte)name[0]], model.ReadBytes(model.Entries[name]));
    }

    [Fact]
    public void Missing_shards_are_all_named()
    {
        Index("""{"a":"m-1.safetensors","b":"m-2.safetensors"}""");
        var message = OpenFails();
        Assert.Contains("m-1.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("m-2.safetensors", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_that_lies_is_an_error()
    {
        Shard("m-1.safetensors", "a", "extra");
        Shard("m-2.safetensors", "b");
        Index("""{"a":"m-2.safetensors","b":"m-2.safetensors","gone":"m-1.safetensors"}""");
        var message = OpenFails();
        Assert.Contains("\"a\": expected in m-2.safetensors, found in m-1.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("\"gone\": expected in m-1.safetensors, found in no shard", message, StringComparison.Ordinal);
        Assert.Contains("tensor \"extra\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensor_in_two_shards_is_an_error()
    {
        Shard("m-1.safetensors", "a");
        Shard("m-2.safetensors", "a", "b");
        Index("""{"a":"m-1.safetensors","b":"m-2.safetensors"}""");
        Assert.Contains("m-1.safetensors too", OpenFails(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":"../model.safetensors"}""", "plain name")]
    [InlineData("""{"a":"/etc/passwd"}""", "plain name")]
    [InlineData("""{"a":""}""", "plain name")]
    [InlineData("""{"a":1}""", "expected a string, found 1")]
    [InlineData("""{"a":"x","a":"y"}""", "not valid JSON")]
    [InlineData("""{}""", "weight_map is empty")]
    [InlineData("""[]""", "expected an object, found a list")]
    public void Hostile_index(string weightMap, string expected)
    {
        Index(weightMap);
        Assert.Contains(expected, OpenFails(), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_without_weights_says_what_it_has()
    {
        Assert.Contains("neither model.safetensors", OpenFails(), StringComparison.Ordinal);
        File.WriteAllText(_folder.File("pytorch_model.bin"), "");
        Assert.Contains("pytorch_model.bin is a pickle", OpenFails(), StringComparison.Ordinal);
        var error = Assert.Throws<UserErrorException>(() => SafeTensorsModel.Open(_folder.File("absent")));
        Assert.Contains("no such folder", error.Message, StringComparison.Ordinal);
    }
}
