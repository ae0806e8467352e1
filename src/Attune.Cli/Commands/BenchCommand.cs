using System.CommandLine;
using Attune.Bench;
using Attune.Problems;

namespace Attune.Cli.Commands;

/// <summary><c>attune bench</c>: how fast this machine tunes, and what of that its processor and memory would allow.</summary>
internal sealed class BenchCommand
{
    private readonly Option<string?> model = new("--model", "-m") { Description = "Folder of a model to measure with; else random weights of --shape.", HelpName = "path" };

    private readonly Option<string?> shape = new("--shape") { Description = $"Shape of random weights: {string.Join(", ", SyntheticModel.Shapes.Keys)}.", HelpName = "name" };

    private readonly Option<string[]> only = new("--only")
    {
        Description = $"Parts to measure: {string.Join(", ", BenchOptions.Sections)}.",
        HelpName = "part",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> threads = new("--threads") { Description = "Compute threads.", HelpName = "n", DefaultValueFactory = _ => Environment.ProcessorCount };

    private readonly Option<bool> quick = new("--quick") { Description = "A few seconds instead of a minute: a small model, few repeats." };

    private readonly Option<int?> tiles = new("--tiles")
    {
        Description = "Also counts the independent tiles that each kernel of a step offers, for that many threads (64): which would starve.",
        HelpName = "n",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> data = new("--data", "-d") { Description = "Rows to take the steps with, packed as train does; else random tokens.", HelpName = "file" };

    private readonly Option<string?> tokenizer = new("--tokenizer") { Description = "Folder of the tokenizer for --data; else the model's own.", HelpName = "folder" };

    public static Command Create(CommandHost host)
    {
        var self = new BenchCommand();
        return host.Bind(
            new Command("bench", "Measures kernels, training steps and generation on this machine, beside what processor and memory allow.")
            {
                self.model, self.shape, self.only, self.threads, self.quick, self.tiles, self.data, self.tokenizer,
            }, self.Run);
    }

    private int Run(CommandContext c)
    {
        var options = Options(c);
        Progress? progress = null;
        BenchReport report;
        try
        {
            report = BenchRun.Execute(options, p => (progress ??= c.Output.Begin("measuring", p.Total, "parts")).Report(p.Done, p.Now), c.Stop);
        }
        finally
        {
            progress?.Dispose();
        }
        c.Output.Result(json => BenchJson.Write(json, report), console => BenchView.Show(console, report));
        return report.Stopped ? ExitCode.Stopped : ExitCode.Done;
    }

    private BenchOptions Options(CommandContext c)
    {
        if (c.Get(model) is not null && c.Get(shape) is not null)
            throw new UserErrorException("--shape", "asks for random weights, and --model for a model's own", "give one of the two");
        if (c.Get(tokenizer) is not null && c.Get(data) is null)
            throw new UserErrorException("--tokenizer", "is for the rows of --data, which is not given", "give --data, or leave --tokenizer out");
        if (c.Get(data) is not null && c.Get(model) is null && c.Get(tokenizer) is null)
            throw new UserErrorException("--data", "needs a tokenizer, and random weights have none", "give --tokenizer, or a model with --model");
        var parts = c.Get(only) is { Length: > 0 } named ? named.SelectMany(static n => n.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToArray() : [.. BenchOptions.Sections];
        foreach (var part in parts.Where(static p => !BenchOptions.Sections.Contains(p)))
            throw new UserErrorException($"--only {part}", $"there are {string.Join(", ", BenchOptions.Sections)}", Nearest.To(part, BenchOptions.Sections) is { } near ? $"did you mean {near}?" : "");
        return new BenchOptions
        {
            Model = c.Get(model) is { } path ? Shared.RequireModel("--model", path) : null,
            Shape = c.Get(shape),
            Only = parts,
            Threads = Shared.Within("--threads", c.Get(threads), 1, 1024, "1 to 1024 threads"),
            Quick = c.Get(quick),
            Tiles = Tiles(c),
            Data = c.Get(data),
            Tokenizer = c.Get(tokenizer) is { } folder ? Shared.RequireFolder("--tokenizer", folder) : null,
        };
    }

    private int? Tiles(CommandContext c)
    {
        const int many = 64;
        if (c.Arguments.GetResult(tiles) is not { Implicit: false })
            return null;
        return Shared.Within("--tiles", c.Get(tiles) ?? many, 1, 4096, "1 to 4096 threads");
    }
}
