using System.Globalization;
using System.Xml.Linq;
using Attune.Recipes;

namespace Attune.Tests.Recipes;

public sealed class RecipeKeysTests : IDisposable
{
    // For every key one value that is neither its default nor idle; a new key without a line here fails the test below.
    private static readonly Dictionary<string, string> Values = new()
    {
        ["model"] = "other-model",
        ["output"] = "somewhere",
        ["export"] = "[merged, \"gguf:q8_0\"]",
        ["data.train"] = "more.jsonl",
        ["data.valid"] = "valid.jsonl",
        ["data.test"] = "test.jsonl",
        ["data.format"] = "text",
        ["data.columns"] = "{prompt: question, completion: 'a: b'}",
        ["data.template"] = "chatml",
        ["data.max_length"] = "100",
        ["data.truncation"] = "prompt-left",
        ["data.valid_fraction"] = "0.125",
        ["data.split_seed"] = "5",
        ["data.train_fraction"] = "0.5",
        ["data.known"] = "valid.jsonl",
        ["data.unknown"] = "0.25",
        ["method.kind"] = "full",
        ["method.rank"] = "3",
        ["method.alpha"] = "5",
        ["method.dropout"] = "0.25",
        ["method.scale"] = "root-rank",
        ["method.init"] = "pissa",
        ["method.lora_plus"] = "16",
        ["method.targets"] = "[q_proj, 'layers.1?.mlp.*']",
        ["method.last_layers"] = "2",
        ["method.base"] = "nf4",
        ["objective.kind"] = "distill",
        ["objective.teacher"] = "other-model",
        ["objective.teacher_adapter"] = "model",
        ["objective.teacher_base"] = "int8",
        ["objective.file"] = "more.jsonl",
        ["objective.divergence"] = "reverse-kl",
        ["objective.beta"] = "0.25",
        ["objective.skew"] = "0.25",
        ["objective.temperature"] = "2",
        ["objective.label_weight"] = "0.125",
        ["objective.compare"] = "other-model",
        ["objective.hidden"] = "0.5",
        ["objective.hidden_layers"] = "{1: 2, 2: 4}",
        ["objective.hidden_loss"] = "cosine",
        ["objective.hidden_projection"] = "on",
        ["objective.on_policy"] = "0.5",
        ["objective.sample_temperature"] = "0.5",
        ["train.epochs"] = "2.5",
        ["train.max_steps"] = "7",
        ["train.learning_rate"] = "0.0003",
        ["train.batch_tokens"] = "4096",
        ["train.micro_batch_tokens"] = "1024",
        ["train.schedule"] = "constant",
        ["train.warmup"] = "12",
        ["train.optimizer"] = "adamw8",
        ["train.weight_decay"] = "0.1",
        ["train.beta1"] = "0.8",
        ["train.beta2"] = "0.95",
        ["train.epsilon"] = "1E-06",
        ["train.clip"] = "0",
        ["train.seed"] = "99",
        ["train.eval_every"] = "11",
        ["train.save_every"] = "13",
        ["train.patience"] = "0",
        ["train.keep_best"] = "false",
        ["train.threads"] = "2",
        ["train.compute"] = "bf16",
        ["train.saved"] = "bf16",
        ["train.recompute"] = "on",
        ["train.prefix_cache"] = "off",
        ["train.from_scratch"] = "true",
        ["limits.memory"] = "3GiB",
        ["limits.time"] = "1h30m",
        ["eval.rows"] = "17",
        ["eval.max_new_tokens"] = "33",
        ["eval.metrics"] = "[exact, 'regex:intent=\\w+']",
        ["eval.general"] = "none",
        ["eval.samples"] = "2",
        ["eval.memorisation"] = "9",
        ["data.replay"] = "{path: more.jsonl, weight: 2}",
        ["data.replay_fraction"] = "0.5",
        ["train.label_smoothing"] = "0.1",
        ["train.neftune"] = "5",
        ["guard.gain"] = "2.5%",
        ["guard.memorisation"] = "0.0625",
        ["guard.truth"] = "0.03",
        ["guard.metric"] = "'regex:a=\\w+'",
        ["guard.forgetting"] = "0.125",
        ["guard.by"] = "point",
        ["guard.parity"] = "false",
        ["eval.suites"] = "truth",
        ["eval.suite_data"] = "other-model",
        ["eval.suite_rows"] = "9",
        ["search.space"] = "{train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}, method.rank: {choices: [4, 8, 16], when: {method.kind: [lora, dora]}}, method.kind: {choices: [lora, dora, full]}, train.batch_tokens: {from: 256, to: 4096, step: 256}}",
        ["search.sampler"] = "random",
        ["search.pruner"] = "median",
        ["search.reduction"] = "2",
        ["search.grace"] = "3",
        ["search.metric"] = "exact",
        ["search.trials"] = "7",
        ["search.time"] = "90s",
        ["search.parallel"] = "2",
        ["search.seed"] = "5",
        ["search.store"] = "\"Host=there;Database=studies\"",
        ["search.keep"] = "all",
    };

    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. RecipeKeys.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("SilentFailure", "24")]
    public void Every_key_changes_the_recipe_and_nothing_else(string name)
    {
        Assert.True(Values.TryGetValue(name, out var value), $"give {name} a value in this test");
        var before = Before(name);
        var after = folder.Read(With(name) + string.Concat(Base(name)) + $"{name}: {value}\n");
        var changed = RecipeKeys.All.Where(k => k.Write(before) != k.Write(after)).Select(k => k.Name);
        Assert.Equal([name], changed);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_key_survives_writing_and_reading(string name)
    {
        var recipe = folder.Read(With(name) + string.Concat(Base(name)) + $"{name}: {Values[name]}\n");
        var again = folder.Read(RecipeWriter.Write(recipe));
        Assert.All(RecipeKeys.All, k => Assert.Equal(k.Write(recipe), k.Write(again)));
    }

    /// <summary>What may differ between trials, or between two parts of a run, is read from here: a key that decides no result is to be named.</summary>
    [Theory]
    [InlineData(KeyRole.Measured, "data.valid data.test data.format data.columns data.template data.max_length data.truncation data.valid_fraction data.split_seed eval")]
    [InlineData(KeyRole.Report, "output export objective.compare guard search")]
    [InlineData(KeyRole.Machine, "train.threads train.compute train.prefix_cache limits")]
    public void Keys_say_what_they_decide(KeyRole role, string names)
    {
        var keys = RecipeKeys.All.Where(k => k.Role == role);
        Assert.Equal(names.Split(' '), keys.Select(static k => k.Section is "eval" or "guard" or "search" or "limits" ? k.Section : k.Name).Distinct());
    }

    [Fact]
    public void Keys_of_a_role_are_reset_and_others_stay()
    {
        var recipe = new Recipe { Output = "out", Train = new TrainRecipe { Threads = 3, Epochs = 2 }, Limits = new LimitsRecipe { Memory = 7 } };
        static void Same(Recipe expected, Recipe actual) => Assert.Equal(RecipeWriter.Write(expected), RecipeWriter.Write(actual));
        Same(recipe with { Output = null }, RecipeKeys.Reset(recipe, KeyRole.Report));
        Same(recipe with { Limits = new LimitsRecipe(), Train = recipe.Train with { Threads = null } }, RecipeKeys.Reset(recipe, KeyRole.Machine));
    }

    [Fact]
    public void Names_and_flags_are_unique_and_sections_are_contiguous()
    {
        Assert.Equal(RecipeKeys.All.Count, RecipeKeys.All.Select(k => k.Name).Distinct().Count());
        Assert.Equal(RecipeKeys.All.Count, RecipeKeys.All.Select(k => k.Flag).Distinct().Count());
        var runs = RecipeKeys.All.Select(k => k.Section).Where((s, i) => i == 0 || s != RecipeKeys.All[i - 1].Section);
        Assert.Equal(runs.Distinct().Count(), runs.Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Help_and_doc_comment_say_the_same(string name)
    {
        var key = RecipeKeys.Find(name)!;
        var type = key.Section.Length == 0 ? "Recipe" : Pascal(key.Section) + "Recipe";
        var member = $"P:Attune.Recipes.{type}.{Pascal(key.Leaf)}";
        var doc = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Attune.xml"));
        var summary = doc.Descendants("member").SingleOrDefault(m => m.Attribute("name")!.Value == member)?.Element("summary")?.Value;
        Assert.True(summary is not null, $"{name} should be the property {member}");
        Assert.Equal(key.Help, summary.Trim());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_default_is_what_a_recipe_without_the_key_has(string name)
    {
        var key = RecipeKeys.Find(name)!;
        if (key.IsRequired)
            Assert.Empty(key.Default);
        else
            Assert.Equal(key.Default, key.Write(folder.Read(RecipeFolder.Minimal)));
        Assert.True(!key.Form.EndsWith("or auto", StringComparison.Ordinal) || key.Help.Contains("auto: ", StringComparison.Ordinal), "the help states the rule of auto");
    }

    [Fact]
    public void Written_recipes_carry_reasons_and_leave_out_what_nothing_reads()
    {
        var recipe = folder.Read(RecipeFolder.Minimal + "method: {kind: full}");
        recipe = recipe with { Train = recipe.Train with { Epochs = 3 } };
        var yaml = RecipeWriter.Write(recipe, new Dictionary<string, string> { ["train.epochs"] = "auto: few\nrows" }, "A heading\nin two lines");
        Assert.StartsWith("# A heading\n# in two lines\nmodel: ", yaml);
        Assert.Contains("  epochs: 3                         # auto: few rows\n", yaml);
        Assert.Contains("  learning_rate: auto\n", yaml);
        Assert.DoesNotContain("rank:", yaml);
    }

    [Fact]
    public void Odd_text_is_quoted_so_that_it_comes_back()
    {
        foreach (var text in (string[])["a: b", "#x", "\"q\"", "a\\b", "tab\tnew\nline", "ünï", "\u2028", " lead", "true", "- x", "", "a'b", "\0"])
        {
            var recipe = new Recipe { Model = folder.At("model"), Data = new() { Train = [folder.At("train.jsonl")] }, Eval = new() { Metrics = ["exact", "json-fields:x" + text] } };
            Assert.Equal("json-fields:x" + text, folder.Read(RecipeWriter.Write(recipe)).Eval.Metrics[1]);
        }
    }

    // The two that cannot be without each other are set alone only in a record.
    private Recipe Before(string name) => name switch
    {
        "objective.kind" => folder.Read(RecipeFolder.Minimal) with { Objective = new() { Teacher = folder.At("model") } },
        "objective.teacher" or "objective.file" => folder.Read(RecipeFolder.Minimal) with { Objective = new() { Kind = ObjectiveKind.Distill } },
        _ => folder.Read(With(name) + string.Concat(Base(""))),
    };

    // What else a recipe must say for the key to be read.
    private static string With(string name) => name switch
    {
        "train.from_scratch" => "method.kind: full\n",
        "data.replay_fraction" => "data.replay: more.jsonl\n",
        "guard.metric" or "guard.by" => "guard.gain: 0\n",
        "data.unknown" => "data.known: valid.jsonl\n",
        "eval.suite_data" or "eval.suite_rows" or "guard.truth" => "eval.suites: truth\n",
        _ when name.StartsWith("search.", StringComparison.Ordinal) && name != "search.space" => "search.space: {train.seed: {choices: [1, 2]}}\ndata.valid: valid.jsonl\n",
        "objective.kind" => "objective.teacher: model\n",
        "objective.teacher" or "objective.file" => "objective.kind: distill\n",
        "objective.beta" => "objective: {kind: distill, teacher: model, divergence: js}\n",
        _ when name.StartsWith("objective.hidden_", StringComparison.Ordinal) => "objective: {kind: distill, teacher: model, hidden: 1}\n",
        "objective.sample_temperature" => "objective: {kind: distill, teacher: model, on_policy: 1}\n",
        "objective.skew" => "objective: {kind: distill, teacher: model, divergence: skew-kl}\n",
        _ when name.StartsWith("objective.", StringComparison.Ordinal) => "objective: {kind: distill, teacher: model}\n",
        _ => "",
    };

    private static IEnumerable<string> Base(string without) =>
        ((string[])["model: model\n", "data.train: train.jsonl\n"]).Where(l => !l.StartsWith(without + ":", StringComparison.Ordinal));

    private static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(w => char.ToUpper(w[0], CultureInfo.InvariantCulture) + w[1..]));
}
