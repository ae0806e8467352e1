using Attune.Data;
using Attune.Problems;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

public sealed class SourceKindsTests : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Shown(DataSource s) =>
        $"{Path.GetFileName(s.Path)} {s.Weight.ToString(System.Globalization.CultureInfo.InvariantCulture)} {s.Format ?? "-"} {string.Join(';', s.Columns.Select(c => $"{c.Key}<{c.Value}"))}".Trim();

    private string Train(string yaml, params Setting[] settings) => string.Join(" | ", folder.Read($"model: model\ndata:\n  train: {yaml}\n", settings).Data.Train.Select(Shown));

    public static TheoryData<string, string> Forms => new()
    {
        { "train.jsonl", "train.jsonl 1 -" },
        { "[train.jsonl, more.jsonl]", "train.jsonl 1 - | more.jsonl 1 -" },
        { "{path: train.jsonl, weight: 2}", "train.jsonl 2 -" },
        { "[{path: train.jsonl, weight: 0.5, format: alpaca}, more.jsonl]", "train.jsonl 0.5 alpaca | more.jsonl 1 -" },
        { "\n    - path: train.jsonl\n      columns:\n        prompt: \"{question}\\n{context}\"\n        completion: 'a, b'\n    - more.jsonl", "train.jsonl 1 - completion<a, b;prompt<{question}\n{context} | more.jsonl 1 -" },
        { "train.jsonl#data.rows", "train.jsonl#data.rows 1 -" },
        { "{path: 'train.jsonl#rows', weight: 3}", "train.jsonl#rows 3 -" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Files_stand_alone_or_with_what_is_special_about_them(string yaml, string expected)
    {
        Assert.Equal(expected, Train(yaml));
        var recipe = folder.Read($"model: model\ndata:\n  train: {yaml}\n");
        Assert.Equal(expected, string.Join(" | ", folder.Read(RecipeWriter.Write(recipe)).Data.Train.Select(Shown)));
        Assert.Equal(recipe.Data.Train.Select(Shown), SourceKinds.Read("--data", [.. recipe.Data.Train.Select(s => SourceKinds.Flag(s with { Weight = 1 }))])
            .Zip(recipe.Data.Train, (read, given) => Shown(read with { Weight = given.Weight })));
    }

    [Fact]
    public void Settings_and_flags_write_them_in_braces()
    {
        var set = Setting.Parse($"data.train=[more.jsonl, {{path: train.jsonl, weight: 2, columns: {{prompt: 'a, b'}}}}]");
        Assert.Equal("more.jsonl 1 - | train.jsonl 2 - prompt<a, b", Train("train.jsonl", set));
        Assert.Equal("train.jsonl 4 -", Train("more.jsonl", new Setting("data.train", "{path: train.jsonl, weight: 4}", "--data")));
        var columns = folder.Read(RecipeFolder.Minimal, Setting.Parse("data.columns={prompt: \"{q}\\n\", completion: \"a.b[0]\"}")).Data.Columns;
        Assert.Equal("{q}\n a.b[0]", columns["prompt"] + " " + columns["completion"]);
    }

    [Fact]
    public void A_folder_may_hold_training_rows_only()
    {
        Assert.EndsWith("model", folder.Read("model: model\ndata: {train: model}").Data.Train[0].Path, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Single(folder.Problems("model: model\ndata: {train: train.jsonl, valid: model}")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{path: train.jsonl, wieght: 2}", "did you mean weight?")]
    [InlineData("{path: train.jsonl, weight: 0}", "weight: expected a number above 0")]
    [InlineData("{path: train.jsonl, weight: -1}", "weight: expected")]
    [InlineData("{path: train.jsonl, weight: {a: b}}", "weight: expected")]
    [InlineData("{path: train.jsonl, format: alpacca}", "did you mean alpaca?")]
    [InlineData("{path: train.jsonl, columns: {promt: q}}", "did you mean prompt?")]
    [InlineData("{path: train.jsonl, columns: {prompt: '{q'}}", "never closed")]
    [InlineData("{weight: 2}", "names no path")]
    [InlineData("{path: none.jsonl}", "there is no")]
    [InlineData("none.jsonl#part", "there is no")]
    [InlineData("{path: train.jsonl, path: more.jsonl}", "given twice")]
    [InlineData("{path: train.jsonl, columns: [a]}", "plain values")]
    [InlineData("[{path: train.jsonl, columns: &x {a: b}}]", "plain values")]
    [InlineData("{[a]: b}", "plain values")]
    public void What_is_wrong_with_a_file_is_named(string yaml, string message) =>
        Assert.Contains(folder.Problems($"model: model\ndata:\n  train: {yaml}\n"), p => p.ToString().Contains(message, StringComparison.Ordinal) && p.Place.Contains("data.train", StringComparison.Ordinal));

    [Fact]
    public void Rows_that_are_measured_on_have_no_weight() =>
        Assert.Contains("count once each", Assert.Single(folder.Problems("model: model\ndata: {train: train.jsonl, valid: {path: valid.jsonl, weight: 2}}")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_mapping_that_cannot_be_read_says_what_to_quote() =>
        Assert.Contains("in quotes", Assert.Single(folder.Problems(RecipeFolder.Minimal, Setting.Parse("data.columns={prompt: {q}, completion: a[0]}"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_template_that_is_not_in_quotes_is_told_to_be() =>
        Assert.Contains("in quotes", Assert.Single(folder.Problems("model: model\ndata: {train: train.jsonl, columns: {prompt: {question}}}")).Remedy, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_file_on_the_command_line_names_the_option() =>
        Assert.Equal("--data", Assert.Single(Assert.Throws<UserErrorException>(() => SourceKinds.Read("--data", ["{path: nowhere.jsonl}"])).Problems).Place);
}
