using Attune.Formats;
using Attune.Problems;

namespace Attune.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Text_is_utf8_without_mark_and_replaces_the_old_file()
    {
        var path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "a longer text that was there before");
        AtomicFile.WriteText(path, "žluť");
        Assert.Equal("žluť"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Equal(["a.txt"], _folder.Names());
    }

    [Fact]
    public void Makes_missing_folders()
    {
        AtomicFile.WriteText(_folder.File("x/y/a.txt"), "1");
        Assert.Equal("1", File.ReadAllText(_folder.File("x/y/a.txt")));
    }

    [Fact]
    public void Exception_while_writing_leaves_the_old_file_and_nothing_else()
    {
        var path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InvalidTimeZoneException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidTimeZoneException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.txt"], _folder.Names());
    }

    [Fact]
    public void A_killed_writers_leftover_is_overwritten()
    {
        var path = _folder.File("a.txt");
        File.WriteAllText(path + ".partial", "what a killed process left, longer than the new text");
        AtomicFile.WriteText(path, "new");
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(["a.txt"], _folder.Names());
    }

    [Fact]
    public void Full_disk_is_refused_before_the_first_byte()
    {
        var path = _folder.File("a.bin");
        AtomicFile.WriteText(path, "old");
        var error = Assert.Throws<RunFailedException>(() => AtomicFile.Write(path, _ => Assert.Fail("nothing may be written"), 1L << 60));
        Assert.Equal(path, error.Problem.Place);
        Assert.Contains("1152921504606846976 bytes are needed", error.Message, StringComparison.Ordinal);
        Assert.Matches(@"\d+ bytes are free", error.Message);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.bin"], _folder.Names());
    }

    [Theory]
    [InlineData(28)]
    [InlineData(unchecked((int)0x80070070))]
    public void Disk_that_fills_up_on_the_way_leaves_the_old_file(int code)
    {
        var path = _folder.File("a.bin");
        AtomicFile.WriteText(path, "old");
        var error = Assert.Throws<RunFailedException>(() => AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(new byte[100_000]);
                throw new IOException("No space left on device", code);
            },
            200_000));
        Assert.Contains("the disk is full: 200000 bytes are needed", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.bin"], _folder.Names());
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_is_a_failure_with_its_path()
    {
        File.WriteAllText(_folder.File("file"), "");
        var path = _folder.File("file/below");
        var error = Assert.Throws<RunFailedException>(() => AtomicFile.WriteText(path, "x"));
        Assert.Equal(path, error.Problem.Place);
    }
}
