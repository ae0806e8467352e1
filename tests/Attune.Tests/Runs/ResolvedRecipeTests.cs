using System.Globalization;
using System.Text;
using Attune.Data;
using Attune.Engine.Backends;
using Attune.Recipes;
using Attune.Runs;

namespace Attune.Tests.Runs;

/// <summary>
/// What a run writes down as its recipe is that run: prepared from it, as a resumed run and a second one are, everything is the same, row by row. Over recipes that leave rows out, cut
/// them, weigh them or measure longer ones than they train on.
/// </summary>
public sealed class ResolvedRecipeTests : IDisposable
{
    // Settings of each; {0} is the folder, {longest} the positions of the longest training row.
    private static readonly Dictionary<string, string[]> Cases = new()
    {
        ["plain"] = [],
        ["everything open"] = ["train.batch_tokens=auto", "train.micro_batch_tokens=auto", "train.max_steps=auto", "train.learning_rate=auto", "method.rank=auto"],
        ["the longest row is a step"] = ["data.train={0}/long.jsonl", "train.batch_tokens={longest}", "train.micro_batch_tokens=auto"],
        ["a limit above every row"] = ["data.max_length=180", "train.batch_tokens=128", "train.micro_batch_tokens=auto"],
        ["a limit above every pass"] = ["data.max_length=180", "train.batch_tokens=128", "train.micro_batch_tokens=100"],
        ["steps shorter than what is measured"] = ["data.test={0}/long.jsonl", "train.batch_tokens=96", "train.micro_batch_tokens=auto"],
        ["steps shorter than general text"] = ["train.batch_tokens={longest}", "train.micro_batch_tokens=auto"],
        ["a small part that lacks the longest"] = ["data.train={0}/mixed.jsonl", "data.train_fraction=0.2"],
        ["a part, several seeds' split"] = ["data.train={0}/mixed.jsonl", "data.train_fraction=0.5", "data.split_seed=3", "train.seed=4"],
        ["too long for the model"] = ["data.train={0}/mixed.jsonl", "data.valid_fraction=0.25"],
        ["prompts cut"] = ["data.train={0}/mixed.jsonl", "data.truncation=prompt-left", "data.max_length=100"],
        ["unknown rows dropped"] = ["data.train={0}/mixed.jsonl", "data.known={0}/known.jsonl", "data.unknown=drop", "data.valid={0}/folder/valid.jsonl"],
        ["unknown rows weighed"] = ["data.train={0}/mixed.jsonl", "data.known={0}/known.jsonl", "data.unknown=0.25"],
        ["unknown rows delayed"] = ["data.train={0}/mixed.jsonl", "data.known={0}/known.jsonl", "data.unknown=delay", "train.max_steps=auto", "train.epochs=4"],
        ["replay"] = ["data.replay={0}/general.txt", "train.micro_batch_tokens=auto"],
        ["replay beside a part"] = ["data.train={0}/mixed.jsonl", "data.train_fraction=0.3", "data.replay={0}/general.txt", "data.replay_fraction=0.5", "train.micro_batch_tokens=auto"],
        ["several sources with weights"] = ["data.train=[{path: {0}/mixed.jsonl, weight: 0.5}, {path: {0}/long.jsonl, weight: 2}]", "train.micro_batch_tokens=auto"],
        ["a folder of files"] = ["data.train={0}/folder", "train.micro_batch_tokens=auto"],
        ["running text"] = ["data.train={0}/general.txt", "train.micro_batch_tokens=auto"],
        ["made rows"] = ["data.train={0}/augmented.jsonl"],
        ["last layers"] = ["method.last_layers=1"],
        ["a quantised base"] = ["method.base=nf4", "train.optimizer=adamw8"],
        ["full tuning"] = ["method.kind=full", "method.rank=auto", "train.recompute=on", "train.saved=bf16"],
        ["a teacher"] = ["objective.kind=distill", "objective.teacher={0}/model", "objective.on_policy=0.5"],
        ["nothing held out"] = ["data.valid_fraction=0", "data.test={0}/long.jsonl", "train.micro_batch_tokens=auto"],
    };

    private readonly TinyModel tiny = new(width: 2);

    public ResolvedRecipeTests()
    {
        Write("long.jsonl", Enumerable.Range(0, 24).Select(i => Row(i, 100 + i % 3)));
        // Of 160: most are short, some long, some longer than the model has positions for.
        Write("mixed.jsonl", Enumerable.Range(0, 160).Select(i => Row(i, i % 40 == 7 ? 400 : i % 16 == 3 ? 60 + i / 2 : 4 + i % 5)));
        File.WriteAllText(tiny.FileOf("general.txt"), string.Concat(Enumerable.Range(0, 300).Select(static i => $"The {i} words of a longer story, of which {i * 7} are true.\n\n")));
        Directory.CreateDirectory(tiny.FileOf("folder"));
        foreach (var (name, from, count) in new[] { ("train.jsonl", 0, 40), ("valid.jsonl", 40, 12), ("test.jsonl", 60, 9) })
            Write(Path.Combine("folder", name), Enumerable.Range(from, count).Select(i => Row(i, 5 + i)));
    }

    public static TheoryData<string> Names => [.. Cases.Keys];

    public void Dispose() => tiny.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void A_resolved_recipe_prepares_the_run_that_wrote_it(string name)
    {
        string[] settings = [.. Cases[name].Select(s => s.Replace("{0}", tiny.Folder, StringComparison.Ordinal))];
        if (settings.Any(static s => s.Contains("known.jsonl", StringComparison.Ordinal)))
            WriteKnown();
        if (name == "made rows")
            WriteMade();
        var recipe = tiny.Recipe("run", [.. settings.Select(s => s.Contains("{longest}", StringComparison.Ordinal) ? s.Replace("{longest}", $"{Longest(settings)}", StringComparison.Ordinal) : s)]);
        var (first, written) = Prepare(recipe, "one");
        var (second, again) = Prepare(RecipeReader.ReadFile(written), "two");
        Assert.Equal(first, second);
        Assert.Equal(Keys(written), Keys(again));
    }

    // What is trained, chosen and measured by, and how; and where the recipe of it was written.
    private (string What, string Recipe) Prepare(Recipe recipe, string output)
    {
        var backend = CpuBackend.Shared(1);
        using var setup = RunSetup.Prepare(recipe, backend, static _ => { }, TestContext.Current.CancellationToken);
        var run = RunDirectory.Create(tiny.FileOf(output), recipe.Model, tiny.Data, TimeProvider.System);
        TrainRun.Open(run, setup, backend, resumes: false, anyArithmetic: false);
        var text = new StringBuilder();
        foreach (var (set, rows) in new (string, IEnumerable<Example>)[]
        {
            ("train", setup.Data.Train), ("valid", setup.Data.Valid), ("test", setup.Data.Test), ("general", setup.Data.General), ("choices", setup.Data.Asked.ChoiceExamples),
        })
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{set}: {rows.Count()}");
            foreach (var row in rows)
                text.AppendLine(CultureInfo.InvariantCulture, $"{set} {row.File} {row.Row} {ExampleKey.Of(row)} {row.Weight:R} {row.Delayed}");
        }
        var o = setup.Steps.Options;
        text.AppendLine(CultureInfo.InvariantCulture, $"{o.TotalSteps} {o.PassRows} {o.LearningRate} {o.Optimizer} {o.Keep} {o.SavedType} {o.EvalEvery} {o.SaveEvery} {o.Patience} {o.KeepBest} {o.OnPolicy?.Share}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(',', setup.Steps.Packer.Get(default).Rows)} {setup.Steps.Packer.TotalSteps(2)} {setup.Method.Adapter} {setup.Method.Selection} {setup.Method.ByteMoments} {setup.Model.Folder.HeldAs}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{string.Join(',', setup.Data.Asked.Metrics.Select(static m => m.Name))} {setup.Data.Asked.Questions.Count} {setup.Measured.MaxNewTokens} {setup.Data.Probe?.Texts} {setup.Data.Replay} {setup.Data.Known}");
        return (text.ToString(), run.Recipe);
    }

    private int Longest(string[] settings)
    {
        using var setup = RunSetup.Prepare(tiny.Recipe("run", [.. settings.Where(static s => !s.StartsWith("train.", StringComparison.Ordinal))]), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        return setup.Data.Train.Max(static e => e.Positions);
    }

    private void WriteKnown()
    {
        var known = tiny.FileOf("known.jsonl");
        using (var model = InferenceModel.Open(tiny.Path, null, null, CpuBackend.Shared(1)))
            KnownRun.Execute(model, new KnownOptions { Data = [tiny.FileOf("mixed.jsonl")], Out = known, Shots = 0, Prompts = 1, Samples = 0 }, static _ => { }, TestContext.Current.CancellationToken);
        // Those that it does not know are the long ones, so that without them the longest is another.
        File.WriteAllLines(known, File.ReadAllLines(known).Select(static line =>
            Enumerable.Range(0, 160).Any(i => i % 16 == 3 && line.Contains($"\"row\":{i + 1},", StringComparison.Ordinal)) ? line : line.Replace("\"Unknown\"", "\"HighlyKnown\"", StringComparison.Ordinal)));
    }

    // Behind every short row a long one that was made of it: those whose parents are held out are in no set.
    private void WriteMade()
    {
        using var setup = RunSetup.Prepare(tiny.Recipe("run", $"data.train={tiny.Data}"), CpuBackend.Shared(1), static _ => { }, TestContext.Current.CancellationToken);
        var made = setup.Data.Valid.Select((e, i) => Row(i, 120 + i).Replace("{\"messages\"", $"{{\"{Lineage.Parents}\":\"{Lineage.IdOf(e.Group)}\",\"messages\"", StringComparison.Ordinal));
        Write("augmented.jsonl", [.. File.ReadLines(tiny.Data), .. made]);
    }

    private void Write(string name, IEnumerable<string> rows) => File.WriteAllLines(tiny.FileOf(name), rows);

    // Tokens of about two letters: words of ten are five of them.
    private static string Row(int i, int words) =>
        $$"""{"messages":[{"role":"user","content":"What is {{i * 31}}? {{string.Concat(Enumerable.Range(0, words).Select(w => (char)('a' + (i + w) % 26)))}}"},{"role":"assistant","content":"item={{i % 9}}"}]}""";

    private static string[] Keys(string recipe) => [.. File.ReadLines(recipe).Select(static l => l.Split('#')[0].TrimEnd()).Where(static l => l.Length > 0)];
}
