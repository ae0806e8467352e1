using Attune.Problems;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>Which rows a run trains on and which it measures, beside what the parts of this are tested for.</summary>
public sealed class RunDataTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    private RunSetup Prepare(List<RunNotice> notices, params string[] settings)
    {
        var recipe = tiny.Recipe("run", settings);
        return RunSetup.Prepare(recipe, TinyModel.Backend(recipe, threads: 1), notices.Add, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("0.5", 30)]
    [InlineData("0.05", 3)]
    public void A_given_part_is_held_out_as_given_and_said(string fraction, int rows)
    {
        var notices = new List<RunNotice>();
        using var setup = Prepare(notices, $"data.valid_fraction={fraction}");
        Assert.Equal((60 - rows, rows), (setup.Data.Train.Count, setup.Data.Valid.Count));
        Assert.Contains(notices.OfType<NoticeText>(), n => n.Text.Contains($"held out: {rows} of 60", StringComparison.Ordinal));
    }

    [Fact]
    public void A_part_that_cannot_be_held_out_is_refused()
    {
        File.WriteAllLines(tiny.FileOf("one.jsonl"), Enumerable.Repeat(File.ReadLines(tiny.Data).First(), 9));
        var problem = Assert.Throws<UserErrorException>(() => Prepare([], $"data.train={tiny.FileOf("one.jsonl")}", "data.valid_fraction=0.5")).Problems[0];
        Assert.Equal("data.valid_fraction", problem.Place);
    }

    /// <summary>Which files a folder has for training is known only when it is opened.</summary>
    [Theory]
    [InlineData("data.valid", "cannot choose the best checkpoint")]
    [InlineData("data.test", "cannot show a gain")]
    public void A_training_file_of_a_folder_is_not_measured_on(string key, string message)
    {
        var folder = Directory.CreateDirectory(tiny.FileOf("fold")).FullName;
        var file = Path.Combine(folder, "train.jsonl");
        File.Copy(tiny.Data, file);
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => Prepare([], $"data.train={folder}", $"{key}={file}")).Problems);
        Assert.Equal(key, problem.Place);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    /// <summary>The command that a report gives reads the rows as the run did.</summary>
    [Fact]
    public void The_command_to_measure_with_names_the_shape_that_was_given()
    {
        File.Copy(tiny.Data, tiny.FileOf("test.jsonl"));
        string Command(params string[] settings)
        {
            using var setup = Prepare([], [$"data.test={tiny.FileOf("test.jsonl")}", .. settings]);
            return RunReport.Next(setup, "saved").Select(static n => n.Command).Single(static c => c.StartsWith("attune eval", StringComparison.Ordinal));
        }
        Assert.Contains("format: messages}", Command("data.format=messages"), StringComparison.Ordinal);
        Assert.DoesNotContain("format:", Command("data.format=auto"), StringComparison.Ordinal);
    }
}
