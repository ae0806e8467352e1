using System.Globalization;
using Attune.Engine.Platform;
using Attune.Models;
using Attune.Tests.Formats;

namespace Attune.Tests.Models;

/// <summary>Mapped weights that were read can be let go of, and are there again when they are read next.</summary>
public class ReleasedWeightsTests
{
    [Fact]
    public void Weights_that_were_read_leave_memory_and_keep_their_values()
    {
        Assert.SkipUnless(Os.ReleasesMapped, "only Linux says what of a mapping is resident (/proc/self/smaps), and native calls let go of it");
        // A file of its own: tests beside this one map the model too.
        using var temp = new TempFolder();
        var path = temp.File("model");
        Directory.CreateDirectory(path);
        foreach (var file in Directory.GetFiles(Path.Combine(SharedData.RepositoryRoot, "models", "attune-base")))
            File.Copy(file, Path.Combine(path, Path.GetFileName(file)));
        using var folder = ModelFolder.Open(path);
        var before = Sum(folder);
        var read = Resident(path);
        Assert.True(read > folder.WeightBytes * 9 / 10, $"{read} of {folder.WeightBytes} bytes are resident after reading");
        folder.WasRead();
        var released = Resident(path);
        Assert.True(released < folder.WeightBytes / 10, $"{released} of {folder.WeightBytes} bytes are resident after letting go");
        Assert.Equal(before, Sum(folder));
    }

    private static double Sum(ModelFolder folder)
    {
        double sum = 0;
        foreach (var weight in folder.Parameters.Select(folder.Weight))
        {
            for (var r = 0; r < weight.Rows; r++)
            {
                for (var c = 0; c < weight.Cols; c++)
                    sum += (r + 1) * weight.Read(r, c);
            }
        }
        return sum;
    }

    // Rss of every mapping of a file below the folder, in bytes.
    private static long Resident(string path)
    {
        long kilobytes = 0;
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!parts[0].EndsWith(':'))
                inside = line.Contains(path, StringComparison.Ordinal);
            else if (inside && parts[0] == "Rss:")
                kilobytes += long.Parse(parts[1], CultureInfo.InvariantCulture);
        }
        return kilobytes * 1024;
    }
}
