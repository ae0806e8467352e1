using System.Security.Cryptography;
using Attune.Data;
using Attune.Distillation;
using Attune.Problems;
using Attune.Tests.Formats;

namespace Attune.Tests.Distillation;

/// <summary>The file itself: exact in what it keeps, whole after any kill, and never believed.</summary>
public sealed class LogitsFileTests
{
    private static readonly Example Three = new([1, 2, 3, 4], [false, true, true, true], "rows", 1, 0);

    [Fact]
    public void A_row_keeps_the_likeliest_tokens_and_the_mass_of_the_rest()
    {
        using var temp = new TempFolder();
        // Ties at the border, a flat row, and one that is all but certain.
        float[][] logits = [[1, 3, 2, 3, 2, 2], [0, 0, 0, 0, 0, 0], [50, -50, 0, 0, 0, 0]];
        using var file = FileTeacherTests.FileOf(temp.File("f"), Three, logits, 3, 1);
        int[][] expected = [[1, 3, 2], [0, 1, 2], [0, 2, 3]];
        var (ids, logs, buffer) = (new int[3], new float[3], new byte[file.Header.RowBytes]);
        for (var i = 0; i < 3; i++)
        {
            var rest = file.Read(i, buffer, ids, logs);
            var sum = logits[i].Sum(static x => Math.Exp(x));
            Assert.Equal(expected[i], ids);
            for (var j = 0; j < 3; j++)
                Assert.Equal(logits[i][ids[j]] - Math.Log(sum), logs[j], Math.Abs(logs[j]) / 1000 + 1e-6);
            Assert.Equal(logits[i].Where((_, n) => !expected[i].Contains(n)).Sum(static x => Math.Exp(x)) / sum, rest, 1e-6);
        }
        Assert.Equal(0L, file.Find(Three));
        Assert.Null(file.Find(Three with { Trained = [false, false, true, true] }));
    }

    /// <summary>At every length that a kill can leave, and after a stop between two passes: the same bytes.</summary>
    [Fact]
    public void A_kill_loses_at_most_the_pass_in_hand()
    {
        using var rig = new LogitsRig();
        var whole = File.ReadAllBytes(rig.Write("whole", 8));
        using (var stop = new CancellationTokenSource())
        {
            Assert.Throws<OperationCanceledException>(() => rig.Write("stopped", 8, 1, (done, _) => { if (done > 0) stop.Cancel(); }, stop));
            Assert.False(File.Exists(rig.Tiny.FileOf("stopped")));
            Assert.Equal(whole, File.ReadAllBytes(rig.Write("stopped", 8)));
        }
        for (var left = 0; left < whole.Length; left += 1 + whole.Length / 9)
        {
            File.WriteAllBytes(rig.Tiny.FileOf("again.partial"), whole[..left]);
            Assert.Equal(whole, File.ReadAllBytes(rig.Write("again", 8)));
            Assert.False(File.Exists(rig.Tiny.FileOf("again.partial")));
            File.Delete(rig.Tiny.FileOf("again"));
        }
        // What is there and says the same stays; what says otherwise is never overwritten.
        Assert.Equal(whole, File.ReadAllBytes(rig.Write("whole", 8)));
        Assert.Contains("exists already", Assert.Throws<UserErrorException>(() => rig.Write("whole", 9)).Problems[0].Message);
    }

    [Fact]
    public void Nothing_in_a_file_is_believed()
    {
        using var temp = new TempFolder();
        FileTeacherTests.FileOf(temp.File("f"), Three, [[1, 3, 2, 3], [0, 1, 0, 0], [5, 0, 0, 0]], 2, 1).Dispose();
        var good = File.ReadAllBytes(temp.File("f"));
        foreach (var at in (int[])[0, 8, 12, 16, 20, 24, 32, 40, 60, 190, 500, LogitsHeader.Bytes, LogitsHeader.Bytes + 16])
        {
            Refused(Changed(at, (byte)(good[at] ^ 0x55)), at < 8 ? "is not a file" : at == 8 ? "of version" : "is damaged");
            // The same with a header whose hash is right, as a forger would write it: another vocabulary, temperature or name can be.
            if (at is > 8 and < 56)
                Refused(Signed(Changed(at, (byte)(good[at] ^ 0x55))), at is 12 or 20 or 40 ? "" : "is damaged");
        }
        foreach (var (at, value) in new (int, byte)[] { (15, 0xFF), (19, 0x7F), (31, 0x7F), (39, 0x7F), (31, 0xFF), (39, 0xFF), (43, 0xFF) })
            Refused(Signed(Changed(at, value)), "is damaged");
        Refused(good[..^1], "is damaged");
        Refused([.. good, 0], "is damaged");
        Refused(good[..100], "is not a file");
        Refused([], "is empty");

        // Rows are checked as they are read: a token that there is not, a probability above 1.
        foreach (var at in (int[])[0, 5, 11])
        {
            var rows = good.Length - 3 * 12;
            File.WriteAllBytes(temp.File("row"), Changed(rows + at, 0x7F));
            using var file = LogitsFile.Open(temp.File("row"));
            Assert.Contains("row 0 holds", Assert.Throws<RunFailedException>(() => file.Read(0, new byte[12], new int[2], new float[2])).Problem.Message);
        }

        byte[] Changed(int at, byte value) => [.. good[..at], value, .. good[(at + 1)..]];
        byte[] Signed(byte[] bytes) => [.. bytes[..480], .. SHA256.HashData(bytes.AsSpan(0, 480)), .. bytes[512..]];
        void Refused(byte[] bytes, string message)
        {
            File.WriteAllBytes(temp.File("bad"), bytes);
            if (message.Length == 0)
                return;
            var e = Assert.Throws<UserErrorException>(() => LogitsFile.Open(temp.File("bad")));
            Assert.Contains(message, e.Problems[0].Message);
        }
    }
}
