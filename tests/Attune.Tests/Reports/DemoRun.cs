using Attune.Evaluation;
using Attune.Evaluation.Metrics;
using Attune.Reports;

namespace Attune.Tests.Reports;

/// <summary>A run with something of everything, made up.</summary>
internal static class DemoRun
{
    public const string Hostile = "<script>alert('x')</script> \"quotes\" & <b>bold</b> | `code` \u0000\u202e]]> <!-- \ud800";

    public static RunRecord Create() => new()
    {
        Title = "LoRA of attune-base-5m on support.jsonl",
        Facts =
        [
            new("Model", "attune-base-5m, llama, 4.9 M parameters, BF16"),
            new("Trained", "LoRA rank 16 on 42 layers, 0.61 M parameters (11.1 %)"),
            new("Data", "612 rows: 550 train, 62 validation, 120 test; format completion"),
            new("Trained tokens", "21,430 in each of 4 epochs"),
            new("Duration", "1 min 32 s, 5,410 tokens per second"),
        ],
        Metrics =
        [
            new("right answers on test rows", MetricRole.Task, MetricUnit.Fraction, 0.025, 0.867, 0.767, 0.9, 120) { Key = "exact", Test = new("McNemar", 1e-20) },
            new("loss on test rows", MetricRole.Task, MetricUnit.Loss, 3.412, 0.871, -2.68, -2.40, 120) { Key = "loss", Test = new("permutation", 1 / 2001.0) },
            new("label accuracy", MetricRole.Task, MetricUnit.Fraction, 0.4, 0.45, -0.03, 0.13, 120) { Key = "label", Test = new("McNemar", 0.28) },
            new("perplexity on test rows", MetricRole.Task, MetricUnit.Perplexity, 30.3, 2.39, -35, -22, 120) { Key = "perplexity", Test = new("permutation", 1 / 2001.0) },
            new("loss on general text", MetricRole.Retention, MetricUnit.Loss, 2.108, 2.131, 0.011, 0.035, 214) { Test = new("permutation", 0.0015) },
        ],
        Data = new() { Rows = 612, Dropped = 0, Truncated = 0, MaxLength = 256 },
        Answers = new(120, 119),
        Memorisation = new(32, 5, 32, 1) { Run = 0.41, UnseenRun = 0.22, Found = [new("support.jsonl", 17, 8, 12, "My card is " + Hostile, Hostile)] },
        Curves = new()
        {
            TrainLoss = Curve(1, 200, 1, i => 0.55 + (2.9 * Math.Exp(-i / 35.0)) + (0.25 * Math.Sin(i * 2.3) * Math.Exp(-i / 120.0))),
            ValidLoss = Curve(0, 200, 20, i => 0.86 + (2.6 * Math.Exp(-i / 40.0))),
            LearningRate = Curve(1, 200, 1, i => 2e-3 * (i <= 10 ? i / 10.0 : 0.5 * (1 + Math.Cos(Math.PI * (i - 10) / 190.0)))),
            GradientNorm = Curve(1, 200, 1, i => 0.4 + (1.8 * Math.Exp(-i / 25.0)) + (0.2 * Math.Abs(Math.Sin(i * 1.7)))),
            KeptStep = 200,
        },
        Samples =
        [
            new("My parcel 48213 has not arrived and it is a week late.",
                "intent=delivery_delay order=48213\nI am sorry that your order 48213 is late. I have asked the carrier where it is.",
                "The boy went to the market and he was happy. He saw a dog and the dog was",
                "intent=delivery_delay order=48213\nI am sorry that your order 48213 is late. I have asked the carrier where it is.", false, true),
            new("Please send the invoice again to mia@example.org", "intent=invoice_copy email=mia@example.org\nYour invoice is on its way to mia@example.org.",
                "", "intent=invoice_copy email=mia@example.com\nYour invoice is on its way to mia@example.com.", false, false),
            new(Hostile, Hostile, Hostile, Hostile, null, null),
        ],
        Confusions = [new("label accuracy", Labels(0.5), Labels(0.9))],
        Parity = [new("adapter", 5, 5, 0, 0, true), new("gguf:q8_0", 5, 4, 0.031, 0.05, true), new("gguf:q4_0", 5, 1, 2.4, 0.9, false)],
        Memory = [new("weights", 9_800_000), new("adapters", 2_440_000), new("gradients", 2_440_000), new("optimizer", 4_880_000), new("activations", 48_200_000), new("runtime", 60_000_000)],
        Settings =
        [
            new("method.rank", "16", "auto: 16 for models below 100 M parameters"),
            new("train.learning_rate", "0.002", "auto: LoRA at width 256"),
            new("train.epochs", "4", "given"),
            new("train.schedule", "cosine", "default"),
        ],
        Warnings = ["The field 'ticket_id' of support.jsonl is read by nothing."],
        Next =
        [
            new("Talk to the tuned model:", "attune chat --model models/base-5m --adapter runs/quickstart/adapter"),
            new("Measure it on other rows:", "attune eval --model models/base-5m --adapter runs/quickstart/adapter --data other.jsonl"),
        ],
        Environment = [new("Attune", "0.1.0"), new(".NET", "10.0.12"), new("Machine", "2 cores, AVX-512, 8 GB"), new("Seed", "1")],
    };

    /// <summary>One model measured alone, with more answers than are in view and more labels than a table shows.</summary>
    public static RunRecord Alone() => new()
    {
        Title = "attune-base on banking.csv",
        Values = [new("label", "label accuracy", MetricUnit.Fraction, 0.408, 0.346, 0.467, 240), new("loss", "loss on test rows", MetricUnit.Loss, 0.958, 0.91, 1.01, 240)],
        Confusions = [new("label accuracy", null, new(
            [.. Enumerable.Range(10, 30).Select(static i => $"a_label_of_some_length_{i}")],
            [.. Enumerable.Range(0, 30).Select(static i => (IReadOnlyList<int>)[.. Enumerable.Range(0, 31).Select(j => j == i ? 5 : j == 30 - i ? 1 : 0)])]))],
        Samples = [.. Enumerable.Range(1, 9).Select(static i => new AnswerSample($"Question {i}?", $"answer {i}", null, i % 2 == 0 ? $"answer {i}" : "", null, i % 2 == 0))],
        Facts = [new("Model", "models/a-folder-with-a-rather-long-name/that-goes-on/and-on/and-on/attune-base")],
    };

    // Right by the share given, else the label that follows; of the last label nothing that is a label.
    private static Confusion Labels(double right)
    {
        string[] labels = ["card_arrival", "card_payment_not_recognised", "delivery_delay", "invoice_copy", "lost_or_stolen_card", "refund"];
        return new(labels, [.. labels.Select((_, i) => (IReadOnlyList<int>)[.. Enumerable.Range(0, labels.Length + 1).Select(j =>
            j == i ? (int)(20 * right) : j == i + 1 ? 20 - (int)(20 * right) : 0)])]);
    }

    public static CurvePoint[] Curve(int first, int last, int step, Func<int, double> value) =>
        [.. Enumerable.Range(0, ((last - first) / step) + 1).Select(i => new CurvePoint(first + (i * step), value(first + (i * step))))];
}
