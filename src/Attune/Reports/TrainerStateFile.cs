using System.Text.Json;
using Attune.Formats;
using Attune.Problems;

namespace Attune.Reports;

/// <summary>
/// <c>trainer_state.json</c> with the fields of Hugging Face's TrainerState, for the tools that read it. Everything in it stands in
/// metrics.jsonl too, from which it is made.
/// </summary>
public sealed record TrainerStateFile
{
    /// <summary>Lines of metrics.jsonl.</summary>
    public required IReadOnlyList<MetricsLine> Lines { get; init; }

    /// <summary>Optimizer steps done.</summary>
    public required int Step { get; init; }

    /// <summary>Steps planned.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>Passes over the data that were asked for; null where steps were.</summary>
    public double? Epochs { get; init; }

    /// <summary>Steps between validations.</summary>
    public required int EvalSteps { get; init; }

    /// <summary>Steps between checkpoints.</summary>
    public required int SaveSteps { get; init; }

    /// <summary>Where the weights with the lowest validation loss are, relative to the run's folder; null where none are kept.</summary>
    public string? Best { get; init; }

    /// <summary>Writes the file so that a kill leaves the old or the new one.</summary>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteText(path, JsonText.Of(Write));

    // In the order of names, as json.dumps(sort_keys=True) writes it there.
    private void Write(Utf8JsonWriter json)
    {
        var best = Lines.Where(static l => l.Kind == "valid").OrderBy(static l => l["loss"]).FirstOrDefault();
        json.WriteNumber("best_global_step", best?.Step ?? 0);
        JsonText.Number(json, "best_metric", best?["loss"] ?? double.NaN);
        json.WriteString("best_model_checkpoint", best is null ? null : Best);
        JsonText.Number(json, "epoch", Lines.LastOrDefault(static l => l.Kind == "step")?["epoch"] ?? 0);
        json.WriteNumber("eval_steps", EvalSteps);
        json.WriteNumber("global_step", Step);
        json.WriteBoolean("is_hyper_param_search", false);
        json.WriteBoolean("is_local_process_zero", true);
        json.WriteBoolean("is_world_process_zero", true);
        json.WriteStartArray("log_history");
        History(json);
        json.WriteEndArray();
        json.WriteNumber("logging_steps", 1);
        json.WriteNumber("max_steps", MaxSteps);
        json.WriteNumber("num_input_tokens_seen", (long)Lines.Where(static l => l.Kind == "step").Sum(static l => l["tokens"]));
        json.WriteNumber("num_train_epochs", (long)Math.Ceiling(Epochs ?? Lines.LastOrDefault(static l => l.Kind == "step")?["epoch"] ?? 0));
        json.WriteNumber("save_steps", SaveSteps);
    }

    private void History(Utf8JsonWriter json)
    {
        double epoch = 0;
        foreach (var line in Lines)
        {
            var step = line.Kind == "step";
            if (!step && line.Kind != "valid")
                continue;
            epoch = step ? line["epoch"] : epoch;
            json.WriteStartObject();
            JsonText.Number(json, "epoch", epoch);
            if (step)
            {
                JsonText.Number(json, "grad_norm", line["gradient_norm"]);
                JsonText.Number(json, "learning_rate", line["learning_rate"]);
                JsonText.Number(json, "loss", line["loss"]);
            }
            else
                JsonText.Number(json, "eval_loss", line["loss"]);
            json.WriteNumber("step", line.Step);
            json.WriteEndObject();
        }
    }
}
