using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Attune.Evaluation;
using Attune.Formats;
using Attune.Recipes;
using Attune.Reports;
using Attune.Runs;
using Spectre.Console;

namespace Attune.Cli.Commands;

/// <summary><c>attune eval</c>: losses and answers of a model on rows; with an adapter, those of base and adapted model, with intervals.</summary>
internal static class EvalCommand
{
    public static Command Create(CommandHost host)
    {
        var model = new ModelArguments();
        var data = new Option<string[]>("--data", "-d") { Description = "Files of rows.", HelpName = "file", Required = true, AllowMultipleArgumentsPerToken = true };
        var columns = new Option<string[]>("--columns") { Description = "Columns of the file by field: --columns prompt=question completion=answer", HelpName = "field=column", AllowMultipleArgumentsPerToken = true };
        var match = new Option<string>("--match") { Description = RecipeKeys.Find("eval.match")!.Help, HelpName = "rule", DefaultValueFactory = _ => EvalRecipe.Exact };
        var rows = new Option<int>("--rows") { Description = "Rows that are answered. 0: only losses.", HelpName = "n", DefaultValueFactory = _ => 100 };
        var most = new Option<int?>("--max-new-tokens") { Description = RecipeKeys.Find("eval.max_new_tokens")!.Help, HelpName = "n" };
        var general = new Option<string>("--general") { Description = "General text for measuring what was forgotten: a file, none, or auto for the text that comes with Attune.", HelpName = "file", DefaultValueFactory = _ => "auto" };
        var answers = new Option<string>("--answers") { Description = "Writes every question with its answers to a file.", HelpName = "file.jsonl" };
        var command = model.AddTo(new Command("eval", "Measures a model on rows; with an adapter, base and adapted model on the same rows.") { data, columns, match, rows, most, general, answers });
        return host.Bind(command, c =>
        {
            var options = new EvalOptions
            {
                Data = SourceKinds.Read("--data", c.Get(data)!),
                Columns = ColumnPairs.Read("--columns", c.Get(columns) ?? []),
                Match = c.Get(match)!,
                Rows = Shared.Within("--rows", c.Get(rows), 0, int.MaxValue, "a whole number from 0"),
                MaxNewTokens = c.Get(most) is { } n ? Shared.Within("--max-new-tokens", n, 1, 1 << 20, "a whole number from 1") : null,
                General = c.Get(general) is "auto" ? null : c.Get(general),
            };
            using var loaded = model.Open(c);
            using var view = new RunView(c.Output);
            var result = EvalRun.Execute(loaded, options, view.Show, c.Stop);
            if (c.Get(answers) is { } path)
                AtomicFile.WriteText(path, AnswerLines(result));
            view.Dispose();
            c.Output.Result(json => Write(json, result), console => Show(console, result));
            return ExitCode.Done;
        });
    }

    private static void Write(Utf8JsonWriter json, EvalResult result)
    {
        json.WriteStartObject();
        Side("model", result.Model);
        if (result.Base is { } before)
        {
            Side("base", before);
            RunView.WriteMetrics(json, result.Changes);
        }
        json.WriteEndObject();

        void Side(string name, Measurement m)
        {
            json.WriteStartObject(name);
            json.WriteNumber("rows", m.Test.Examples.Count);
            json.WriteNumber("tokens", m.Test.Tokens);
            Number("loss", m.Test.Mean);
            Number("perplexity", m.Test.Perplexity);
            if (m.General.Tokens > 0)
                Number("general_loss", m.General.Mean);
            if (m.Answers.Count > 0)
            {
                json.WriteNumber("answers", m.Answers.Count);
                Number("match", m.RightShare);
                json.WriteNumber("stopped", m.Answers.Count(static a => a.Stopped));
            }
            json.WriteEndObject();
        }

        // A diverged model is a result too, and JSON has no word for what is not finite.
        void Number(string name, double value)
        {
            if (double.IsFinite(value))
                json.WriteNumber(name, value);
            else
                json.WriteNull(name);
        }
    }

    private static void Show(IAnsiConsole console, EvalResult result)
    {
        var m = result.Model;
        if (result.Base is not null)
        {
            console.Write(RunView.MetricsTable(result.Changes));
            return;
        }
        var grid = new Grid().AddColumn().AddColumn(new GridColumn().RightAligned());
        Row("rows", Numbers.Count(m.Test.Examples.Count));
        Row("tokens that count", Numbers.Count(m.Test.Tokens));
        Row("loss", Numbers.Value(m.Test.Mean, MetricUnit.Loss));
        Row("perplexity", Numbers.Short(m.Test.Perplexity));
        if (m.General.Tokens > 0)
            Row("loss on general text", Numbers.Value(m.General.Mean, MetricUnit.Loss));
        if (m.Answers.Count > 0)
            Row($"answers: {result.Rows.Match.Name}", string.Create(CultureInfo.InvariantCulture, $"{Numbers.Value(m.RightShare, MetricUnit.Fraction)} of {m.Answers.Count}"));
        console.Write(grid);

        void Row(string name, string value) => grid.AddRow(Markup.Escape(name), Markup.Escape(value));
    }

    private static string AnswerLines(EvalResult result)
    {
        var text = new StringBuilder();
        for (var i = 0; i < result.Rows.Questions.Count; i++)
        {
            var question = result.Rows.Questions[i];
            text.Append(ConsoleOutput.OneLineOf(json =>
            {
                json.WriteStartObject();
                json.WriteString("prompt", question.PromptText);
                json.WriteString("expected", question.Expected);
                if (result.Base is { } before)
                    Side("base_", before.Answers[i]);
                Side("", result.Model.Answers[i]);
                json.WriteEndObject();

                void Side(string prefix, Answer answer)
                {
                    json.WriteString(prefix + "answer", answer.Text);
                    json.WriteBoolean(prefix + "right", answer.IsRight);
                    json.WriteBoolean(prefix + "stopped", answer.Stopped);
                }
            })).Append('\n');
        }
        return text.ToString();
    }
}
