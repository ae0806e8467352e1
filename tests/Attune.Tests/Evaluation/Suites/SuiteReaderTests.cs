using System.Text;
using Attune.Evaluation.Suites;
using Attune.Problems;
using Attune.Recipes;

namespace Attune.Tests.Evaluation.Suites;

public class SuiteReaderTests
{
    private static Suite Parse(string json) => SuiteReader.Parse("my.json", Encoding.UTF8.GetBytes(json), "/folder");

    private static string Task(string more) => $$"""{"tasks": [{"name": "t", "files": ["a.jsonl"], "prompt": "p", "answer": "a", {{more}}}]}""";

    [Fact]
    public void The_suites_that_come_with_attune_are_files_like_the_users()
    {
        foreach (var name in Suite.BuiltIn)
        {
            var suite = Suite.Open(name);
            Assert.Equal(name, suite.Name);
            Assert.Null(suite.Folder);
            Assert.All(suite.Tasks, static t => Assert.False(string.IsNullOrEmpty(t.About)));
        }
        Assert.Equal(SuiteMetrics.All.Select(static k => k.Name).Except(["accepted"]),
            Suite.Open("truth").Tasks.SelectMany(static t => t.Metrics).Select(static m => m.Name.Split('.')[^1]).Distinct().Intersect(SuiteMetrics.All.Select(static k => k.Name)).OrderBy(static n => SuiteMetrics.All.ToList().FindIndex(k => k.Name == n)));
    }

    [Fact]
    public void What_a_task_does_not_say_has_a_default()
    {
        var task = Assert.Single(Parse(Task("\"metrics\": [\"f1\"]")).Tasks);
        Assert.Equal((SuiteTask.DefaultRows, SuiteTask.DefaultTokens, SuiteCounts.Truth), (task.Rows, task.MaxNewTokens, task.Counts));
    }

    [Theory]
    [InlineData("\"metrics\": [\"mc3\"]", "mc3", "mc1")]
    [InlineData("\"metrics\": [\"mc1\"]", "needs the key wrong", "")]
    [InlineData("\"metrics\": [\"abstain\"], \"flag\": {\"column\": \"x\", \"is\": [\"y\"]}", "abstains", "")]
    [InlineData("\"metrics\": [\"abstain\"], \"flag\": {\"column\": \"x\", \"is\": [\"y\"]}, \"abstains\": [\"(\"]", "regular expression", "")]
    [InlineData("\"metrics\": []", "at least one metric", "")]
    [InlineData("\"metrics\": [\"choice\"]", "choices", "")]
    [InlineData("\"metrics\": [\"loss\"]", "no metric of suites", "")]
    [InlineData("\"metrics\": [\"f1\"], \"metrik\": 1", "metrik", "did you mean metrics")]
    [InlineData("\"metrics\": [\"f1\"], \"rows\": 0", "rows", "")]
    [InlineData("\"metrics\": [\"f1\"], \"counts\": \"lies\"", "lies", "")]
    [InlineData("\"metrics\": [\"f1\"], \"context\": \"{open\"", "tasks[0].context", "never closed")]
    public void What_is_wrong_is_said_with_its_place(string more, string message, string remedy)
    {
        var error = Assert.Throws<UserErrorException>(() => Parse(Task(more)));
        Assert.Contains(message, error.Message);
        Assert.Contains(remedy, error.Message);
        Assert.Contains("my.json", error.Message);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var error = Assert.Throws<UserErrorException>(() => Parse("""{"nam": "x", "tasks": [{"name": "a"}, {"files": ["b"], "prompt": "p", "answer": "a", "metrics": ["f2"]}]}"""));
        Assert.Contains("nam", error.Message);
        Assert.Contains("tasks[0].files", error.Message);
        Assert.Contains("tasks[1].name", error.Message);
    }

    [Fact]
    public void A_suite_that_is_not_there_is_told_from_one_that_is() =>
        Assert.Contains("truth", Assert.Throws<UserErrorException>(() => SuiteNames.Read("--suite", ["truht"])).Message);
}
