using Attune.Tests.Runs;

namespace Attune.Tests.Quality;

/// <summary><c>attune data clean</c> as a process that is killed without warning while it writes.</summary>
public sealed class CleanProcessTests : QualityFiles
{
    // Enough that a good part of it is still to come when the first bytes are seen.
    private const int Megabytes = 24;

    [Fact]
    public async Task A_killed_cleaning_leaves_the_input_and_no_half_of_a_file_and_the_next_ends_in_the_same_bytes()
    {
        var row = "a text that makes a row long enough for a file that takes a moment " + new string('x', 900);
        var input = Write("rows.jsonl", string.Concat(Enumerable.Range(0, Megabytes * 1000).Select(i => $"{{\"prompt\": \"question {i * 7 % 22000}\", \"completion\": \"{row} {i * 7 % 22000}\"}}\n")));
        var (before, written, output, straight) = (Hash(input), File.GetLastWriteTimeUtc(input), input + ".out", input + ".straight");
        Assert.Equal(0, await CliProcess.Run([], "data", "clean", input, "--remedy", "exact", "--out", straight));

        var halves = 0;
        // While the rows are written, and, should that once be too quick to be met, again.
        for (var attempt = 0; attempt < 5 && halves == 0; attempt++)
        {
            using var killed = CliProcess.Start([], ["data", "clean", input, "--remedy", "exact", "--out", output]);
            while (!killed.HasExited && Length(output + ".partial") < 1 << 20)
                await Task.Yield();
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            if (killed.ExitCode == 137 && !File.Exists(output))
                halves++;
            // Whatever the moment: nothing, or all of it.
            Assert.True(!File.Exists(output) || Hash(output) == Hash(straight));
            Assert.True(!File.Exists(output + ".dropped.jsonl") || Hash(output + ".dropped.jsonl") == Hash(straight + ".dropped.jsonl"));
            Assert.Equal((before, written), (Hash(input), File.GetLastWriteTimeUtc(input)));
        }
        Assert.Equal(1, halves);
        Assert.InRange(Length(output + ".partial"), 1 << 20, Length(straight) - 1);

        Assert.Equal(0, await CliProcess.Run([], "data", "clean", input, "--remedy", "exact", "--out", output));
        Assert.Equal((Hash(straight), Hash(straight + ".dropped.jsonl")), (Hash(output), Hash(output + ".dropped.jsonl")));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(input)!, "*.partial"));
        Assert.Equal(before, Hash(input));
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stream));
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
