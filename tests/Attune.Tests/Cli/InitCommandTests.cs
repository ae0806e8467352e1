using System.Text.RegularExpressions;
using Attune.Cli;
using Attune.Cli.Commands;
using Attune.Recipes;

namespace Attune.Tests.Cli;

/// <summary>A recipe from flags or from answers, and the words that shells complete.</summary>
public sealed class InitCommandTests : IDisposable
{
    private readonly TinyModel tiny = new();

    public void Dispose() => tiny.Dispose();

    [Fact]
    public async Task Flags_make_a_recipe_that_can_be_checked()
    {
        var file = tiny.At("new.yaml");
        var run = await CliRun.Of("init", file, "--model", tiny.Model, "--data", tiny.At("train.jsonl"), "--method", "full");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains($"attune train {file}", run.Out);
        var recipe = RecipeReader.ReadFile(file);
        Assert.Equal((tiny.Model, MethodKind.Full), (recipe.Model, recipe.Method.Kind));
        Assert.Equal(0, (await CliRun.Of("check", file, "--general", "none")).ExitCode);
        Assert.Contains("is there already", (await CliRun.Of("init", file, "--model", tiny.Model, "--data", tiny.At("train.jsonl"))).Error);
        Assert.Equal(0, (await CliRun.Of("init", file, "--model", tiny.Model, "--data", tiny.At("train.jsonl"), "--force", "--quiet", "--json")).ExitCode);
    }

    /// <summary>Every line behind a comment sign is a line of the recipe: taking all signs away changes nothing.</summary>
    [Fact]
    public async Task What_is_commented_out_is_what_holds_anyway()
    {
        var file = tiny.At("new.yaml");
        Assert.Equal(0, (await CliRun.Of("init", file, "--model", tiny.Model, "--data", tiny.At("train.jsonl"))).ExitCode);
        var bare = Regex.Replace(File.ReadAllText(file), @"(?m)^( *)# (\w+:( [^ ].*)?)$", static m =>
            RecipeKeys.Sections.Any(s => m.Groups[2].Value == s + ":") || RecipeKeys.All.Any(k => m.Groups[2].Value == $"{k.Leaf}: {k.Default}") ? m.Groups[1].Value + m.Groups[2].Value : m.Value);
        Assert.Contains("\n  warmup: 0.05\n", bare);
        Assert.Equal(RecipeWriter.Write(RecipeReader.ReadFile(file)), RecipeWriter.Write(RecipeReader.Read(bare, file)));
    }

    [Fact]
    public async Task Without_a_terminal_what_is_missing_is_said()
    {
        var run = await CliRun.Of("init", tiny.At("new.yaml"), "--data", tiny.At("train.jsonl"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--model is missing", run.Error);
        Assert.False(File.Exists(tiny.At("new.yaml")));
        var wrong = await CliRun.Of("init", tiny.At("new.yaml"), "--model", tiny.At("nowhere"), "--data", tiny.At("train.jsonl"), "--method", "lara");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("did you mean lora?", wrong.Error);
        Assert.Contains("nowhere", wrong.Error);
    }

    [Fact]
    public async Task A_person_is_asked_for_what_the_flags_do_not_say()
    {
        var questions = new Answers([tiny.Model, tiny.At("train.jsonl"), "none: part of the training rows is held out", "full"]);
        using var output = new StringWriter();
        var shell = new Shell(new(TextReader.Null, output, output), [host => InitCommand.Create(host, _ => questions)]);
        Assert.Equal(0, await shell.RunAsync(["init", tiny.At("asked.yaml")], TestContext.Current.CancellationToken));
        Assert.Equal(["--model", "--data", "--test", "--method"], questions.Asked);
        Assert.Equal(MethodKind.Full, RecipeReader.ReadFile(tiny.At("asked.yaml")).Method.Kind);
        Assert.Empty(RecipeReader.ReadFile(tiny.At("asked.yaml")).Data.Test);
    }

    [Theory]
    [InlineData("attune tr", "train")]
    [InlineData("attune train --learn", "--learning-rate")]
    [InlineData("attune train --method ", "lora")]
    [InlineData("attune completion ", "fish")]
    public async Task Shells_are_told_what_may_follow(string line, string word)
    {
        var run = await CliRun.Of($"[suggest:{line.Length}]", line);
        Assert.Contains(word, run.Out.Split('\n').Select(static l => l.Trim()));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Every_shell_has_its_script(string shell) => Assert.Contains("[suggest:", (await CliRun.Of("completion", shell)).Out);

    [Fact]
    public async Task Schema_is_printed_as_it_is_shipped() =>
        Assert.Equal(RecipeSchema.Write(), (await CliRun.Of("schema")).Out);

    private sealed class Answers(string[] given) : IQuestions
    {
        public List<string> Asked { get; } = [];

        public bool CanAsk => true;

        public string Choose(string option, string question, IReadOnlyList<string> answers, string? other)
        {
            Asked.Add(option);
            return given[Asked.Count - 1];
        }
    }
}
