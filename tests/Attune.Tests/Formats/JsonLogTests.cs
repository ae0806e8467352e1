using System.Text;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

/// <summary>What a log does with what it finds in its place.</summary>
public sealed class JsonLogTests : IDisposable
{
    private static readonly JsonLogKind Kind = new("attune_test", 1, "tests", "give another file");

    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    private static List<int?> Open(string path)
    {
        var found = new List<int?>();
        using var log = JsonLog.Open(path, Kind, [("model", "m")], l => found.Add(l.Whole("n")));
        log.Append(json => json.WriteNumber("n", found.Count));
        return found;
    }

    [Fact]
    public void Every_byte_that_a_kill_may_leave_is_gone_on_with()
    {
        var whole = temp.File("whole.jsonl");
        Open(whole);
        Open(whole);
        var bytes = File.ReadAllBytes(whole);
        var header = Array.IndexOf(bytes, (byte)'\n') + 1;
        for (var left = 0; left <= bytes.Length; left++)
        {
            var path = temp.File("cut.jsonl");
            File.WriteAllBytes(path, bytes[..left]);
            var lines = bytes.AsSpan(0, left).Count((byte)'\n');
            Assert.Equal(Math.Max(0, lines - 1), Open(path).Count);
            Assert.Equal(bytes[..header], File.ReadAllBytes(path)[..header]);
        }
    }

    [Fact]
    public void Two_do_not_write_one_log()
    {
        var path = temp.File("shared.jsonl");
        using (JsonLog.Open(path, Kind, [("model", "m")], static _ => { }))
            Assert.Contains("no other run is writing it", Assert.Throws<RunFailedException>(() => Open(path)).Problem.Remedy, StringComparison.Ordinal);
        Assert.Empty(Open(path));
    }

    [Theory]
    [InlineData("{\"precious\": true}")]
    [InlineData("{\"precious\": true}\n")]
    [InlineData("a letter without a line's end")]
    [InlineData("{\"attune_test\":2,\"settings\":{")]
    [InlineData(" ")]
    public void A_file_of_somebody_else_is_left_as_it_is(string text)
    {
        var path = temp.File("mine.json");
        File.WriteAllText(path, text);
        Assert.Contains("is not a file of tests", Assert.Throws<UserErrorException>(() => Open(path)).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(path, Encoding.UTF8));
    }
}
