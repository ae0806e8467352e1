using Attune.Engine;
using Attune.Formats;

namespace Attune.Tests.Formats;

public class ScratchFileTests
{
    [Fact]
    public void What_is_written_is_read_again_after_it_left_memory_and_nothing_stays_behind()
    {
        using var temp = new TempFolder();
        const int rows = 5000;
        using (var file = ScratchFile.Create(temp.File("scratch"), rows * 64L * sizeof(float)))
        {
            var all = Tensor.Over(file.Storage, 0, DType.F32, rows, 64);
            Assert.Equal(0, all.At<float>(rows - 1, 63));
            for (var r = 0; r < rows; r++)
                all.Row<float>(r).Fill(r + 0.25f);
            file.Release();
            Assert.All(Enumerable.Range(0, rows), r => Assert.Equal(r + 0.25f, all.At<float>(r, r % 64)));
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.GetFiles(temp.Path));
        }
        Assert.Empty(Directory.GetFiles(temp.Path));
    }

    [Fact]
    [Trait("SilentFailure", "20")]
    public void Room_that_the_disk_does_not_have_is_refused_before_anything_is_written()
    {
        using var temp = new TempFolder();
        Assert.ThrowsAny<IOException>(() => ScratchFile.Create(temp.File("scratch"), 1L << 50));
        Assert.ThrowsAny<IOException>(() => ScratchFile.Create(temp.File(Path.Combine("no", "folder")), 4096));
    }
}
