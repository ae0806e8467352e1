using Attune.Problems;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

public sealed class RecipeReaderTests : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_keys_are_enough()
    {
        var r = folder.Read(RecipeFolder.Minimal);
        Assert.Equal(folder.At("model"), r.Model);
        Assert.Equal([folder.At("train.jsonl")], r.Data.Train);
        Assert.Null(r.Train.LearningRate);
        Assert.Equal(MethodKind.Lora, r.Method.Kind);
    }

    [Fact]
    public void All_problems_are_said_at_once_each_with_its_place()
    {
        var problems = folder.Problems("""
            model: nowhere
            data:
              train: train.jsonl
              truncation: dropp
            train:
              epochs: three
              lerning_rate: 0.1
              beta1: 2
            """);
        Assert.Collection(problems,
            p => { Assert.EndsWith("recipe.yaml, line 1, column 8, model", p.Place); Assert.Contains(folder.At("nowhere"), p.Message); },
            p => { Assert.EndsWith("line 4, column 15, data.truncation", p.Place); Assert.Contains("did you mean drop?", p.Message); },
            p => { Assert.EndsWith("line 6, column 11, train.epochs", p.Place); Assert.Contains("or auto, found 'three'", p.Message); },
            p => { Assert.EndsWith("line 7, column 17, train.lerning_rate", p.Place); Assert.Contains("train.learning_rate", p.Remedy); },
            p => { Assert.EndsWith("line 8, column 10, train.beta1", p.Place); Assert.Contains("from 0 to 0.999999", p.Message); });
    }

    [Theory]
    [InlineData("modle: x", "model")]
    [InlineData("dta:\n  train: x", "data")]
    [InlineData("epochs: 3", "train.epochs")]
    [InlineData("train:\n  rank: 8", "method.rank")]
    [InlineData("train:\n  batch-tokens: 8", "train.batch_tokens")]
    [Trait("SilentFailure", "24")]
    public void An_unknown_key_is_an_error_with_a_suggestion(string yaml, string suggestion) =>
        Assert.Contains(folder.Problems(yaml), p => p.Message.StartsWith("unknown key", StringComparison.Ordinal) && p.Remedy == $"did you mean {suggestion}?");

    [Fact]
    public void What_is_required_is_missed() =>
        Assert.Equal(["model is missing", "data.train is missing"], folder.Problems("").Select(p => p.Message));

    [Theory]
    [InlineData("model: [a")]
    [InlineData("model: \"a")]
    [InlineData("\tmodel: a")]
    [InlineData("- model")]
    [InlineData("just text")]
    [InlineData("model: &a model\ndata: {train: *a}")]
    [InlineData("model: !tag model")]
    [InlineData("? [a, b]\n: c\nmodel: model")]
    [InlineData("model: {a: b}")]
    [InlineData("model: model\ndata: {train: [[x]]}")]
    [InlineData("model: model\ndata: {train: {x: {y: z}}}")]
    [InlineData("model: model\n---\nmodel: model")]
    [InlineData("model: model\nmodel: model")]
    [InlineData("data: [a, b]")]
    public void Odd_yaml_is_a_user_error(string yaml) => Assert.NotEmpty(folder.Problems(yaml));

    [Fact]
    public void A_huge_file_is_refused_before_it_is_parsed() =>
        Assert.Contains("data file", folder.Problems(new string('#', 2_000_000))[0].Remedy);

    [Fact]
    public void A_key_given_twice_names_both_places()
    {
        var p = Assert.Single(folder.Problems(RecipeFolder.Minimal + "train:\n  epochs: 1\n  epochs: 2\n"));
        Assert.Contains("line 6", p.Place);
        Assert.Contains("line 5", p.Message);
    }

    [Fact]
    public void Settings_win_over_the_file_and_are_checked_alike()
    {
        var r = folder.Read(RecipeFolder.Minimal + "train: {epochs: 1}", Setting.Parse("train.epochs=2.5"), Setting.Parse("data.train=[train.jsonl, more.jsonl]"));
        Assert.Equal(2.5, r.Train.Epochs);
        Assert.Equal(2, r.Data.Train.Count);

        var problems = folder.Problems(RecipeFolder.Minimal, Setting.Parse("train.epoch=1"), new Setting("train.seed", "-1", "--seed -1"));
        Assert.Equal("did you mean train.epochs?", problems[0].Remedy);
        Assert.Equal("--seed -1", problems[1].Place);
        Assert.Throws<UserErrorException>(() => Setting.Parse("train.epochs"));
    }

    [Theory]
    [InlineData("method: {kind: full, rank: 8}", "method.rank", "has no effect")]
    [InlineData("data: {train: train.jsonl, valid: valid.jsonl, valid_fraction: 0.1}", "data.valid_fraction", "has no effect")]
    [InlineData("eval: {rows: 0, samples: 3}", "eval.samples", "has no effect")]
    [InlineData("train: {from_scratch: true}", "train.from_scratch", "adapter")]
    [InlineData("data: {train: train.jsonl, test: train.jsonl}", "data.test", "trained on")]
    [InlineData("data: {train: train.jsonl, valid: train.jsonl}", "data.valid", "trained on")]
    public void Keys_that_contradict_each_other_are_refused(string yaml, string key, string message)
    {
        yaml = "model: model\n" + (yaml.Contains("data:", StringComparison.Ordinal) ? yaml : "data: {train: train.jsonl}\n" + yaml);
        var p = Assert.Single(folder.Problems(yaml));
        Assert.EndsWith(key, p.Place);
        Assert.Contains(message, p.Message);
        Assert.NotEmpty(p.Remedy);
    }

    [Fact]
    public void Auto_for_a_key_without_effect_is_no_contradiction() =>
        Assert.Null(folder.Read(RecipeFolder.Minimal + "method: {kind: full, rank: auto}").Method.Rank);

    [Theory]
    [InlineData("4GB", 4_000_000_000)]
    [InlineData("1.5 GiB", 1_610_612_736)]
    [InlineData("512mb", 512_000_000)]
    public void Sizes_have_units(string text, long bytes) =>
        Assert.Equal(bytes, folder.Read(RecipeFolder.Minimal + $"limits: {{memory: {text}}}").Limits.Memory);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("1h30m", 5400)]
    [InlineData("0.5h", 1800)]
    public void Times_have_units(string text, int seconds) =>
        Assert.Equal(seconds, folder.Read(RecipeFolder.Minimal + $"limits: {{time: {text}}}").Limits.Time!.Value.TotalSeconds);

    [Theory]
    [InlineData("limits: {memory: 4}")]
    [InlineData("limits: {memory: -4GB}")]
    [InlineData("limits: {memory: 99999999999TB}")]
    [InlineData("limits: {time: 30}")]
    [InlineData("limits: {time: 0s}")]
    [InlineData("limits: {time: ٣٠s}")]
    [InlineData("train: {warmup: 1.5}")]
    [InlineData("train: {warmup: -1}")]
    [InlineData("train: {learning_rate: nan}")]
    [InlineData("train: {learning_rate: 1e999}")]
    [InlineData("train: {max_steps: 99999999999}")]
    [InlineData("train: {keep_best: maybe}")]
    [InlineData("eval: {metrics: 'regex:('}")]
    [InlineData("eval: {metrics: 'label:(a)\\1'}")]
    [InlineData("eval: {metrics: []}")]
    [InlineData("eval: {metrics: [exact, exact]}")]
    [InlineData("eval: {metrics: exakt}")]
    [InlineData("eval: {metrics: 'numeric:-1'}")]
    [InlineData("eval: {metrics: 'loss:1'}")]
    [InlineData("eval: {metrics: 'regex:'}")]
    [InlineData("eval: {metrics: f1, rows: 0}")]
    [InlineData("method: {targets: []}")]
    [InlineData("method: {targets: 'a b'}")]
    [InlineData("output: ''")]
    public void Values_out_of_range_are_refused(string yaml) => Assert.Single(folder.Problems(RecipeFolder.Minimal + yaml));

    [Fact]
    public void Paths_are_looked_for_beside_the_recipe_then_in_the_working_directory()
    {
        var elsewhere = Path.GetRelativePath(Directory.GetCurrentDirectory(), folder.At("more.jsonl"));
        var r = folder.Read($"model: model\ndata:\n  train: [train.jsonl, {elsewhere}]\n  template: template.jinja\neval: {{general: general.txt}}");
        Assert.Equal([folder.At("train.jsonl"), folder.At("more.jsonl")], r.Data.Train.Select(s => Path.GetFullPath(s.Path)));
        Assert.Equal(folder.At("template.jinja"), r.Data.Template);

        var p = Assert.Single(folder.Problems("model: train.jsonl\ndata: {train: train.jsonl}"));
        Assert.Contains("is a file", p.Message);
    }

    [Fact]
    public void A_missing_or_wrong_file_is_a_user_error()
    {
        Assert.Contains("folder", Assert.Throws<UserErrorException>(() => RecipeReader.ReadFile(folder.Root)).Problems[0].Message);
        Assert.Contains("cannot be read", Assert.Throws<UserErrorException>(() => RecipeReader.ReadFile(folder.At("none.yaml"))).Problems[0].Message);
    }
}
