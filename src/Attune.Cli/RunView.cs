using System.Globalization;
using Attune.Cli.Commands;
using Attune.Problems;
using Attune.Reports;
using Attune.Runs;
using Attune.Training;
using Spectre.Console;

namespace Attune.Cli;

/// <summary>Shows a run as it goes: data, choices, plan, progress, and what came of it.</summary>
internal sealed class RunView(ConsoleOutput output) : IDisposable
{
    private readonly List<RunNotice> seen = [];
    private Progress? progress;
    private string stage = "";
    private string? folder;

    /// <summary>Takes a notice of the run.</summary>
    public void Show(RunNotice notice)
    {
        seen.Add(notice);
        switch (notice)
        {
            case NoticeText text:
                output.Say(text.Text);
                break;
            case NoticeData data:
                Data(data);
                break;
            case NoticeAugmented augmented:
                Rows("augmented rows", augmented.Counts.Fact, augmented.Counts.Warnings);
                break;
            case NoticeReplay { Replay: var replay }:
                Rows("replay", replay.Fact, replay.Warnings);
                break;
            case NoticeChoice choice:
                output.Say($"  {Dim("chosen")} {choice.Key} = {choice.Value}  {Dim(choice.Reason)}");
                break;
            case NoticePacking p:
                output.Say($"{Bold("packing")} {Numbers.Share(p.Efficiency)} of the computed rows are tokens; {Numbers.Count(p.Steps)} steps an epoch of up to {Numbers.Count(p.StepTokens)} tokens, in passes of up to {Numbers.Count(p.PassRows)} rows");
                break;
            case NoticePlan plan:
                Memory(plan);
                break;
            case NoticeDuration { Duration: var d }:
                output.Say($"{Bold("time")} {Expected(d)}; {d.Basis}");
                break;
            case NoticeQuantising q:
                Report("quantising the base", q.Done, q.Total, "matrices", "");
                if (q.Done == q.Total)
                    EndProgress();
                break;
            case NoticeProgress step:
                Measuring($"measuring {step.Stage}", step);
                break;
            case NoticeTraining training:
                Training(training.Event);
                break;
        }
    }

    /// <summary>What <c>check</c> ends with.</summary>
    public void Checked(RunSetup setup, RunDuration duration) => output.Result(
        json =>
        {
            json.WriteStartObject();
            json.WriteNumber("train_rows", setup.Data.Train.Count);
            json.WriteNumber("valid_rows", setup.Data.Valid.Count);
            json.WriteNumber("test_rows", setup.Data.Test.Count);
            json.WriteNumber("steps", setup.Steps.Options.TotalSteps);
            json.WriteNumber("memory_bytes", setup.Memory.Plan.Total);
            json.WriteNumber("seconds", Math.Round(duration.Total.TotalSeconds, 1));
            json.WriteStartObject("choices");
            foreach (var choice in setup.Choices.Made)
                json.WriteString(choice.Key, choice.Value);
            json.WriteEndObject();
            json.WriteEndObject();
        },
        console => console.WriteLine($"All is well: {setup.Steps.Options.TotalSteps} steps on {setup.Data.Train.Count} rows, {Expected(duration)}."));

    /// <summary>What <c>plan</c> ends with.</summary>
    public static void Plan(ConsoleOutput output, RunSetup setup, RunDuration duration)
    {
        output.Result(
            json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("memory");
                foreach (var (name, bytes) in setup.Memory.Plan.Terms)
                    json.WriteNumber(name, bytes);
                json.WriteNumber("arena", setup.Memory.Plan.Arena);
                json.WriteNumber("total", setup.Memory.Plan.Total);
                json.WriteNumber("limit", setup.Memory.Limit);
                json.WriteEndObject();
                json.WriteStartObject("seconds");
                json.WriteNumber("measuring", Math.Round(duration.Measuring.TotalSeconds, 1));
                json.WriteNumber("training", Math.Round(duration.Training.TotalSeconds, 1));
                json.WriteNumber("validating", Math.Round(duration.Validating.TotalSeconds, 1));
                json.WriteNumber("total", Math.Round(duration.Total.TotalSeconds, 1));
                json.WriteEndObject();
                json.WriteNumber("disk", setup.DiskBytes);
                json.WriteNumber("steps", setup.Steps.Options.TotalSteps);
                json.WriteNumber("pass_rows", setup.Steps.Options.PassRows);
                json.WriteNumber("packing_efficiency", Math.Round(setup.Steps.Packer.Efficiency(0), 4));
                json.WriteEndObject();
            },
            console =>
            {
                var grid = new Grid().AddColumn().AddColumn(new GridColumn().RightAligned());
                foreach (var (name, bytes) in setup.Memory.Plan.Terms)
                    grid.AddRow(Markup.Escape(name), Numbers.Bytes(bytes));
                grid.AddRow("[bold]memory in all[/]", "[bold]" + Numbers.Bytes(setup.Memory.Plan.Total) + "[/]");
                grid.AddRow("[dim]may be used[/]", "[dim]" + Numbers.Bytes(setup.Memory.Limit) + "[/]");
                grid.AddRow("[dim]disk for checkpoints[/]", "[dim]" + Numbers.Bytes(setup.DiskBytes) + "[/]");
                grid.AddRow("[dim]steps[/]", "[dim]" + setup.Steps.Options.TotalSteps.ToString(CultureInfo.InvariantCulture) + "[/]");
                grid.AddRow("[dim]packing: computed rows that are tokens[/]", "[dim]" + Numbers.Share(setup.Steps.Packer.Efficiency(0)) + "[/]");
                grid.AddRow("measuring before and after", Progress.Time(duration.Measuring));
                grid.AddRow("training", Progress.Time(duration.Training));
                grid.AddRow("validating", Progress.Time(duration.Validating));
                grid.AddRow("[bold]time in all[/]", "[bold]" + Progress.Time(duration.Total) + "[/]");
                console.Write(grid);
                console.WriteLine($"The time is {duration.Basis}.");
            });
    }

    /// <summary>What <c>train</c> ends with.</summary>
    public void Finish(RunResult result)
    {
        EndProgress();
        output.Result(
            json =>
            {
                json.WriteStartObject();
                json.WriteString("run", result.Directory);
                json.WriteString("saved", result.Saved);
                json.WriteStartObject("memory");
                json.WriteNumber("planned", result.PlannedBytes);
                json.WriteNumber("peak", result.PeakBytes);
                json.WriteEndObject();
                JsonReport.WriteBody(json, result.Record);
                json.WriteEndObject();
            },
            console => Text(console, result));
    }

    /// <summary>What a run that was stopped ends with: how to go on, where there is something to go on from.</summary>
    public void Stopped()
    {
        EndProgress();
        if (folder is not null)
            output.Say($"go on with: attune train --resume {ShellWord.Of(folder)}");
    }

    /// <inheritdoc />
    public void Dispose() => EndProgress();

    private static void Text(IAnsiConsole console, RunResult result)
    {
        console.Write(MetricsTable(result.Record));
        ShowFindings(console, result.Record);
        if (result.Record.Parity.Count > 0)
            console.Write(ExportArguments.Table(result.Record.Parity));
        if (result.Record.Requantised is { } requantised)
            console.Write(RequantisedTable(requantised));
        GateView.Show(console, result.Record.Gate);
        // Paths and commands must not be wrapped: they are there to be pasted.
        var plain = console.Plain();
        plain.WriteLine();
        plain.WriteLine(result.Saved);
        plain.WriteLine(Path.Combine(result.Directory, "report.html"));
        plain.WriteLine();
        foreach (var next in result.Record.Next)
            plain.WriteLine($"{next.Purpose}:\n  {next.Command}");
        if (Invocation.Hint() is { } hint)
            plain.WriteLine(hint);
    }

    /// <summary>Measurements side by side, or those of one model.</summary>
    internal static Table MetricsTable(RunRecord record)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("");
        if (record.Metrics.Count == 0)
        {
            table.AddColumn(new TableColumn("value").RightAligned()).AddColumn("95 % interval").AddColumn(new TableColumn("rows").RightAligned());
            foreach (var v in record.Values)
                table.AddRow(Markup.Escape(v.Name), Numbers.Value(v.Value, v.Unit), Markup.Escape(Numbers.Interval(v)), Numbers.Count(v.Count));
            return table;
        }
        table.AddColumn(new TableColumn(Markup.Escape(record.Sides.Before)).RightAligned()).AddColumn(new TableColumn(Markup.Escape(record.Sides.After)).RightAligned())
            .AddColumn("95 % interval of the change").AddColumn("test");
        foreach (var m in record.Metrics)
        {
            table.AddRow(
                Markup.Escape(m.Name), Numbers.Value(m.Before, m.Unit), Numbers.Value(m.After, m.Unit), Markup.Escape(Numbers.Interval(m)),
                m.Test is { } test ? Numbers.PValue(test.PValue) : "");
        }
        return table;
    }

    /// <summary>What it costs to leave a quantised base.</summary>
    internal static Table RequantisedTable(RequantisedLosses losses)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("leaving the quantised base").AddColumn(new TableColumn($"loss on {losses.Rows} rows").RightAligned())
            .AddColumn(new TableColumn("above the result's").RightAligned());
        foreach (var line in losses.Lines)
            table.AddRow([.. line.Select(Markup.Escape)]);
        return table;
    }

    /// <summary>Findings, one a line.</summary>
    internal static void ShowFindings(IAnsiConsole console, RunRecord record)
    {
        foreach (var finding in Findings.Of(record))
            console.MarkupLine($"[bold]{Markup.Escape(finding.Title)}:[/] {Markup.Escape(finding.Evidence)} {Markup.Escape(finding.Advice)}".TrimEnd());
    }

    private void Data(NoticeData data)
    {
        var report = data.Report;
        foreach (var file in report.Files)
            output.Say($"{Bold(data.Role)} {file.Path}: {file.Shape} in {file.Format}, {Numbers.Count(file.Rows)} rows{Seen(report, file)}");
        var kept = $"  {Numbers.Count(report.Examples)} examples, {Numbers.Count(report.Tokens)} tokens, {Numbers.Percent(report.TrainedShare)} of them trained";
        output.Say(report.DroppedTooLong + report.Shortened == 0 ? kept : $"{kept}; {report.DroppedTooLong} dropped and {report.Shortened} shortened (longer than {report.MaxLength})");
        foreach (var warning in report.Warnings)
            output.Warn(warning);
        foreach (var preview in data.Previews)
        {
            output.Say($"  {Dim(preview.Place + ", trained tokens marked:")}");
            output.Say($"    {new Styled(string.Concat(preview.Segments.Select(Mark)).ReplaceLineEndings("\n    "))}");
        }
    }

    private void Rows(string name, string fact, IEnumerable<string> warnings)
    {
        output.Say($"  {name}: {fact}");
        foreach (var warning in warnings)
            output.Warn(warning);
    }

    // How often rows come, where that is not once each.
    private static string Seen(Attune.Data.DataReport report, Attune.Data.FileReport file)
    {
        var all = report.Files.Sum(static f => f.Examples * f.Weight);
        return report.Files.All(static f => f.Weight == 1) || all == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", each seen {file.Weight:0.###} times an epoch: {Numbers.Percent(file.Examples * file.Weight / all)} of what an epoch holds");
    }

    // Where no person sees colours, brackets mark what is trained.
    private string Mark(Attune.Data.Segment segment)
    {
        var text = SafeText.Clean(segment.Text);
        if (!segment.Trained)
            return Dim(text).Text;
        return output.Terminal.ErrorIsPerson ? Ansi.Of(true, Ansi.Green, text) : $"⟦{text}⟧";
    }

    private void Memory(NoticePlan notice)
    {
        var (name, bytes) = notice.Plan.Terms[0];
        output.Say($"{Bold("memory")} {Numbers.Bytes(notice.Plan.Total)} planned of {Numbers.Bytes(notice.Limit)}; the largest term: {name}, {Numbers.Bytes(bytes)}");
    }

    private static string Expected(RunDuration d) =>
        $"about {Progress.Time(d.Total)} ({Progress.Time(d.Training)} training, {Progress.Time(d.Validating)} validating, {Progress.Time(d.Measuring)} measuring)";

    private void Training(TrainingEvent e)
    {
        switch (e)
        {
            case StepDone s:
                Report("training", s.Step, s.TotalSteps, "steps", string.Create(CultureInfo.InvariantCulture, $"loss {s.Loss:F3} · {s.Tokens / s.Seconds:N0} tokens/s"));
                break;
            case Validated v:
                var line = string.Create(CultureInfo.InvariantCulture, $"  step {v.Step}: validation loss {v.Loss:F4}{(v.IsBest ? " (best so far)" : "")}");
                if (output.IsQuiet)
                    break;
                if (progress is null) output.Say(line);
                else progress.Line(line);
                break;
            case CheckpointSaved saved:
                // RUN/checkpoints/step-….safetensors
                folder = Path.GetDirectoryName(Path.GetDirectoryName(saved.Path));
                break;
            case TrainingEnded ended:
                EndProgress();
                output.Say($"  ended at step {ended.Step}: {ended.Reason}");
                break;
        }
    }

    private void Measuring(string title, NoticeProgress step)
    {
        // Without questions there is nothing to count.
        if (step.Total == 0)
        {
            EndProgress();
            output.Say(title);
        }
        else
            Report(title, step.Done, step.Total, "answers", step.Detail == "losses" ? "losses" : "");
    }

    private void Report(string title, int done, int total, string unit, string note)
    {
        if (stage != title)
        {
            EndProgress();
            stage = title;
            progress = output.Begin(title, total, unit, done);
        }
        progress!.Report(done, note);
    }

    private void EndProgress()
    {
        progress?.Dispose();
        progress = null;
        stage = "";
    }

    private Styled Dim(string text) => new(Ansi.Of(output.Terminal.ErrorIsPerson, Ansi.Dim, SafeText.Clean(text)));

    private Styled Bold(string text) => new(Ansi.Of(output.Terminal.ErrorIsPerson, Ansi.Bold, SafeText.Clean(text)));
}
