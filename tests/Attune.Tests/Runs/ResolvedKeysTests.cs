using System.Globalization;
using System.Text;
using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Attune.Search;
using Attune.Training;

namespace Attune.Tests.Runs;

/// <summary>A key that is accepted is read: each one changes what a run resolves to, or what it does.</summary>
public sealed class ResolvedKeysTests : IDisposable
{
    // What a teacher needs; which one stands in every recipe that says so.
    private const string Distill = "objective.kind: distill\n";

    // What a search needs.
    private const string Searched = "search.space: {train.learning_rate: {from: 0.001, to: 0.1, scale: log}}\n";

    // For every key one value that makes a difference, and what else the recipe must say for it to; a new key without a line here fails.
    private static readonly Dictionary<string, (string Value, string With)> Cases = new()
    {
        ["model"] = ("{0}/other", ""),
        ["output"] = ("{0}/elsewhere", ""),
        ["export"] = ("[merged]", ""),
        ["data.train"] = ("{0}/more.jsonl", ""),
        ["data.valid"] = ("{0}/more.jsonl", ""),
        ["data.test"] = ("{0}/test.jsonl", ""),
        ["data.format"] = ("text", ""),
        ["data.columns"] = ("{{prompt: completion, completion: prompt}}", ""),
        ["data.template"] = ("chatml", ""),
        ["data.max_length"] = ("10", ""),
        ["data.truncation"] = ("prompt-left", "data.max_length: 6\n"),
        ["data.valid_fraction"] = ("0", ""),
        ["data.split_seed"] = ("5", ""),
        ["data.train_fraction"] = ("0.5", ""),
        ["data.known"] = ("{0}/known.jsonl", ""),
        ["data.unknown"] = ("0.25", "data.known: {0}/known.jsonl\n"),
        ["method.kind"] = ("full", ""),
        ["method.rank"] = ("3", ""),
        ["method.alpha"] = ("5", ""),
        ["method.dropout"] = ("0.25", ""),
        ["method.scale"] = ("root-rank", ""),
        ["method.init"] = ("pissa", "method.rank: 2\n"),
        ["method.lora_plus"] = ("16", ""),
        ["method.targets"] = ("q_proj", ""),
        ["method.last_layers"] = ("1", ""),
        ["method.base"] = ("nf4", ""),
        ["objective.kind"] = ("distill", ""),
        ["objective.teacher"] = ("{0}/second", Distill),
        ["objective.teacher_adapter"] = ("{0}/adapter", Distill),
        ["objective.teacher_base"] = ("nf4", Distill),
        ["objective.file"] = ("{0}/some.logits", Distill),
        ["objective.divergence"] = ("reverse-kl", Distill),
        ["objective.beta"] = ("0.25", Distill + "objective.divergence: js\n"),
        ["objective.skew"] = ("0.25", Distill + "objective.divergence: skew-kl\n"),
        ["objective.temperature"] = ("2", Distill),
        ["objective.label_weight"] = ("0.25", Distill),
        ["objective.compare"] = ("{0}/second", Distill),
        ["objective.hidden"] = ("0.5", Distill),
        ["objective.hidden_layers"] = ("uniform", Distill + "objective.hidden: 1\n"),
        ["objective.hidden_loss"] = ("cosine", Distill + "objective.hidden: 1\n"),
        ["objective.hidden_projection"] = ("on", Distill + "objective.hidden: 1\n"),
        ["objective.on_policy"] = ("0.5", Distill),
        ["objective.sample_temperature"] = ("0.5", Distill + "objective.on_policy: 1\n"),
        ["train.epochs"] = ("2.5", ""),
        ["train.max_steps"] = ("2", ""),
        ["train.learning_rate"] = ("0.25", ""),
        ["train.batch_tokens"] = ("96", ""),
        ["train.micro_batch_tokens"] = ("64", ""),
        ["train.schedule"] = ("constant", ""),
        ["train.warmup"] = ("3", ""),
        ["train.optimizer"] = ("adamw8", ""),
        ["train.weight_decay"] = ("0.1", ""),
        ["train.beta1"] = ("0.8", ""),
        ["train.beta2"] = ("0.95", ""),
        ["train.epsilon"] = ("0.001", ""),
        ["train.clip"] = ("0", ""),
        ["train.seed"] = ("99", ""),
        ["train.eval_every"] = ("7", ""),
        ["train.save_every"] = ("7", ""),
        ["train.patience"] = ("9", ""),
        ["train.keep_best"] = ("false", ""),
        ["train.threads"] = ("3", ""),
        // The one that auto does not choose here.
        ["train.compute"] = (CpuBackend.Supports(ProductType.BF16) ? "f32" : "bf16", ""),
        ["train.saved"] = ("bf16", ""),
        ["train.recompute"] = ("on", ""),
        ["train.prefix_cache"] = ("off", "method.last_layers: 1\n"),
        ["train.from_scratch"] = ("true", "method.kind: full\n"),
        ["limits.memory"] = ("3GiB", ""),
        ["limits.time"] = ("1h30m", ""),
        ["eval.rows"] = ("2", ""),
        ["eval.max_new_tokens"] = ("33", ""),
        ["eval.metrics"] = ("first-line", ""),
        ["eval.general"] = ("{0}/general.txt", ""),
        ["eval.samples"] = ("1", ""),
        ["eval.memorisation"] = ("3", "data.train: {0}/long.jsonl\n"),
        ["data.replay"] = ("{0}/general.txt", ""),
        ["data.replay_fraction"] = ("0.5", "data.replay: {0}/general.txt\n"),
        ["train.label_smoothing"] = ("0.1", ""),
        ["train.neftune"] = ("5", ""),
        ["guard.gain"] = ("2%", ""),
        ["guard.truth"] = ("0", "eval.suites: {0}/suite.json\n"),
        ["guard.memorisation"] = ("0.1", "data.train: {0}/long.jsonl\n"),
        ["guard.metric"] = ("loss", "guard.gain: 0.1\neval.metrics: [exact, loss]\n"),
        ["guard.forgetting"] = ("0.1", "eval.general: {0}/general.txt\n"),
        ["guard.by"] = ("point", "guard.gain: 0.1\n"),
        ["guard.parity"] = ("false", ""),
        ["eval.suites"] = ("{0}/suite.json", ""),
        ["eval.suite_data"] = ("{0}", "eval.suites: truth\n"),
        ["eval.suite_rows"] = ("2", "eval.suites: {0}/suite.json\n"),
        ["search.space"] = ("{{train.clip: {{from: 0, to: 1}}}}", ""),
        ["search.sampler"] = ("random", Searched),
        ["search.pruner"] = ("median", Searched),
        ["search.reduction"] = ("2", Searched),
        ["search.grace"] = ("2", Searched),
        ["search.metric"] = ("exact", Searched),
        ["search.trials"] = ("3", Searched),
        ["search.time"] = ("1m", Searched),
        ["search.parallel"] = ("2", Searched),
        ["search.seed"] = ("2", Searched),
        ["search.store"] = ("elsewhere.db", Searched),
        ["search.keep"] = ("all", Searched),
    };

    private readonly Cli.TinyModel tiny = new(template: false);

    public ResolvedKeysTests()
    {
        foreach (var name in (string[])["other", "second"])
        {
            Directory.CreateDirectory(tiny.At(name));
            foreach (var file in Directory.GetFiles(tiny.Model))
                File.Copy(file, Path.Combine(tiny.At(name), Path.GetFileName(file)));
        }
        using (var folder = ModelFolder.Open(tiny.At("other")))
        using (var arena = Arena.OfBytes(4 << 20))
        using (var tuned = TrainingModel.Build(folder, new TuningMethod(new LoraOptions(), false, 1), CpuBackend.Shared(1), arena))
            PeftFiles.Save(tiny.At("adapter"), tuned.Adapters!, tiny.At("other"));
        tiny.Write("train.jsonl", Rows(24, 'a'));
        tiny.Write("more.jsonl", Rows(20, 'k'));
        tiny.Write("long.jsonl", string.Concat(Enumerable.Range(0, 24).Select(static i => $"{{\"prompt\": \"{i}?\", \"completion\": \"abcdefgh {i} ijklmnop\"}}\n")));
        tiny.Write("suite.json", """{"tasks": [{"name": "closed", "files": ["more.jsonl"], "prompt": "prompt", "answer": "completion", "accepted": "completion", "metrics": ["accepted"]}]}""");
        tiny.Write("general.txt", "Some words about nothing.\n");
    }

    public static TheoryData<string> Names => [.. RecipeKeys.All.Select(static k => k.Name)];

    public void Dispose() => tiny.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_key_changes_what_a_run_resolves_to(string name)
    {
        Assert.True(Cases.TryGetValue(name, out var given), $"give {name} a value in this test");
        var value = string.Format(CultureInfo.InvariantCulture, given.Value, tiny.Root);
        var with = given.With.Replace("{0}", tiny.Root, StringComparison.Ordinal);
        if (name is "data.known" or "data.unknown")
        {
            using var model = InferenceModel.Open(tiny.Model, null, null, CpuBackend.Shared(1));
            KnownRun.Execute(model, new KnownOptions { Data = [tiny.At("train.jsonl")], Out = tiny.At("known.jsonl"), Shots = 0, Prompts = 1, Samples = 0 }, static _ => { }, TestContext.Current.CancellationToken);
        }
        Assert.NotEqual(Resolve(with, name), Resolve(with + $"{name}: {value}\n", name));
    }

    private string Resolve(string extra, string name)
    {
        var standing = new Dictionary<string, string>
        {
            ["model"] = tiny.Model,
            ["data.train"] = tiny.At("train.jsonl"),
            ["eval.general"] = "none",
            ["limits.memory"] = "2GiB",
            ["output"] = tiny.At("run"),
            ["train.threads"] = "1",
        };
        if (name == "objective.file")
            WriteLogits();
        if (extra.Contains(Distill, StringComparison.Ordinal) && !extra.Contains("objective.file: ", StringComparison.Ordinal))
            standing["objective.teacher"] = tiny.At("other");
        var yaml = string.Concat(standing.Where(p => !extra.Contains($"{p.Key}: ", StringComparison.Ordinal)).Select(static p => $"{p.Key}: {p.Value}\n")) + extra;
        var recipe = RecipeReader.Read(yaml, tiny.At("recipe.yaml"));
        if (name == "eval.suite_data")
            return Assert.Throws<UserErrorException>(() => RunSetup.Prepare(recipe, CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken)).Message;
        using var setup = RunSetup.Prepare(recipe, CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        return name switch
        {
            "output" => RunDirectory.Create(recipe.Output, recipe.Model, recipe.Data.Train[0].File, TimeProvider.System).Path,
            "export" => $"{setup.DiskBytes}",
            "eval.memorisation" => $"{setup.Data.Probe?.Texts}",
            _ when name.StartsWith("search.", StringComparison.Ordinal) => Plan(recipe),
            "train.compute" => Products(recipe),
            "train.threads" => $"{RunSetup.BackendOf(recipe).Threads}",
            "eval.samples" => $"{setup.Measured.Shown(setup.Recipe.Eval.Samples).Count()}",
            _ when name.StartsWith("guard.", StringComparison.Ordinal) => string.Join('\n', Gate.Of(Reports.DemoRun.Create(), setup.Recipe.Guard).Conditions),
            _ => Text(setup),
        };
    }

    // What a search makes of its section: proposals, decisions, shares of the machine, places.
    private string Plan(Recipe recipe)
    {
        var plan = SearchPlan.Of(recipe.Search);
        if (recipe.Search.Space.Count == 0)
            return "";
        Trial Made(int number, params double[] losses) => new() { Number = number, Values = [], State = TrialState.Done, Result = losses[^1], Reports = [.. losses.Select(static (l, i) => new TrialReport(i + 1, l))] };
        Trial[] trials = [.. Enumerable.Range(0, 8).Select(i => Made(i, 4, 2 - 0.1 * i))];
        var judged = Enumerable.Range(1, 3).Select(n => plan.Judge(Made(8, [.. Enumerable.Repeat(n == 2 ? 2.5 : 5.0, n)]), [.. trials, Made(8, [.. Enumerable.Repeat(n == 2 ? 2.5 : 5.0, n)])]));
        return string.Join('\n',
        [
            string.Join(',', plan.Propose(1, [])!), plan.Sampler.ToString(), plan.Goal, $"{plan.MostTrials} {recipe.Search.Time}", .. judged,
            SearchRun.ShareOf(recipe, 8, 1 << 30).ToString(), SearchRun.StoreOf(recipe, tiny.Root), recipe.Search.Keep.ToString(),
        ]);
    }

    private void WriteLogits()
    {
        using var teacher = InferenceModel.Open(tiny.At("other"), null, null, CpuBackend.Shared(1));
        LogitsRun.Execute(teacher, new LogitsOptions { Data = [tiny.At("train.jsonl")], Kept = 2, Output = tiny.At("some.logits") }, static _ => { }, static (_, _) => { }, TestContext.Current.CancellationToken);
    }

    private static string Products(Recipe recipe)
    {
        try
        {
            return RunSetup.BackendOf(recipe).Products.ToString();
        }
        catch (UserErrorException e)
        {
            return e.Message;
        }
    }

    // All that the run works with; nothing of the recipe itself.
    private static string Text(RunSetup setup)
    {
        var text = new StringBuilder();
        var options = setup.Steps.Options;
        text.AppendLine(CultureInfo.InvariantCulture, $"{setup.Model.Folder.Path} {setup.Model.Template?.Hash} {setup.Method.FromScratch} {setup.Method.Seed} {setup.Method.Selection} {setup.Model.Folder.HeldAs} {setup.Method.ByteMoments} {setup.Memory.Limit} {setup.Memory.Prefix?.Bytes}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{setup.Method.Adapter}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{options.TotalSteps} {options.PassRows} {options.LearningRate} {options.Optimizer} {options.Keep} {options.SavedType} {options.Seed} {options.EmbeddingNoise} {setup.Data.Replay} {(options.Objective as Attune.Objectives.LabelObjective)?.Smoothing}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{options.Objective} {options.OnPolicy?.Share} {options.OnPolicy?.Temperature} {setup.Teacher?.Context.Folder.Path} {setup.Teacher?.Context.AdapterPath} {setup.Teacher?.Context.Folder.HeldAs} {setup.Compared?.Context.Folder.Path}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{options.EvalEvery} {options.SaveEvery} {options.Patience} {options.KeepBest} {options.TimeLimit} {setup.Steps.Packer.StepsIn(0)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(',', setup.Data.Asked.Metrics.Select(static m => m.Name))} {setup.Measured.MaxNewTokens} {setup.Data.Asked.Questions.Count} {string.Join(',', setup.Data.StopIds)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{setup.Data.Known}");
        foreach (var suite in setup.Suites)
            text.AppendLine(CultureInfo.InvariantCulture, $"{suite.Task.Name} {suite.Rows.Asked.Questions.Count}");
        foreach (var set in (IReadOnlyList<Example>[])[setup.Data.Train, setup.Data.Valid, setup.Data.Test, setup.Data.General])
            text.AppendLine(string.Join(';', set.Select(static e => string.Join(',', e.Ids) + string.Concat(e.Trained.Select(static t => t ? '1' : '0')))));
        return text.ToString();
    }

    private static string Rows(int count, char letter) => string.Concat(Enumerable.Range(0, count).Select(i =>
        $"{{\"prompt\": \"{new string(letter, 3 + i % 5)}{i}\", \"completion\": \"{i}\", \"text\": \"{letter}{i}\"}}\n"));
}
