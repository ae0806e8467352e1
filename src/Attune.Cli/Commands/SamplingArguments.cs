using System.CommandLine;
using Attune.Formats;
using Attune.Models;
using Attune.Problems;
using Microsoft.Extensions.AI;

namespace Attune.Cli.Commands;

/// <summary>How far to write and how to choose tokens; what is not given comes from the model's generation_config.json, else it is greedy.</summary>
internal sealed class SamplingArguments
{
    private const int DefaultTokens = 256;

    private readonly Option<int?> maxNewTokens = new("--max-new-tokens") { Description = $"Most tokens to write ({DefaultTokens}).", HelpName = "n" };
    private readonly Option<double?> temperature = new("--temperature") { Description = "Divides the logits; 0 takes the most probable token.", HelpName = "t" };
    private readonly Option<int?> topK = new("--top-k") { Description = "Draw among the k most probable tokens; 0: all.", HelpName = "k" };
    private readonly Option<double?> topP = new("--top-p") { Description = "Draw among the most probable tokens that together reach this probability.", HelpName = "p" };
    private readonly Option<double?> penalty = new("--repetition-penalty") { Description = "Makes tokens that were used less probable; 1: off.", HelpName = "r" };
    private readonly Option<long> seed = new("--seed") { Description = "Seed of the draws.", HelpName = "n", DefaultValueFactory = _ => 1 };
    private readonly Option<string[]> stop = new("--stop") { Description = "Text that ends the answer and is not part of it; may be given several times.", HelpName = "text" };

    public Command AddTo(Command command)
    {
        foreach (var option in (Option[])[maxNewTokens, temperature, topK, topP, penalty, seed, stop])
            command.Options.Add(option);
        return command;
    }

    /// <summary>The options of one answer.</summary>
    /// <param name="c">The command line.</param>
    /// <param name="model">The model's own settings.</param>
    /// <param name="stopIds">Tokens that end an answer.</param>
    /// <param name="usual">Temperature where none is given; null for the model's own.</param>
    /// <exception cref="UserErrorException">A number is out of range, or one has no effect.</exception>
    public GenerationOptions Read(CommandContext c, GenerationConfig model, IReadOnlyCollection<int> stopIds, double? usual = null)
    {
        var heat = c.Get(temperature) is { } t ? Shared.Within("--temperature", t, 0, 1000, "a number from 0") : usual ?? model.UsualTemperature;
        if (heat == 0 && (c.Get(topK) is not null || c.Get(topP) is not null))
            throw new UserErrorException(c.Get(topK) is null ? "--top-p" : "--top-k", "has no effect, because the most probable token is always taken", "give --temperature, such as 0.8, or leave it out");
        return new GenerationOptions
        {
            MaxNewTokens = Shared.Within("--max-new-tokens", c.Get(maxNewTokens) ?? DefaultTokens, 1, 1 << 20, "a whole number from 1"),
            StopIds = stopIds,
            StopStrings = [.. (c.Get(stop) ?? []).Where(static s => s.Length > 0)],
            Sampling = new SamplingOptions
            {
                Temperature = (float)heat,
                TopK = Shared.Within("--top-k", c.Get(topK) ?? model.TopK ?? 0, 0, int.MaxValue, "a whole number from 0"),
                TopP = (float)Shared.Within("--top-p", c.Get(topP) ?? model.TopP ?? 1, 1e-6, 1, "a number above 0, at most 1"),
                RepetitionPenalty = (float)Shared.Within("--repetition-penalty", c.Get(penalty) ?? model.RepetitionPenalty ?? 1, 1e-3, 1000, "a number above 0"),
                Seed = Shared.Within("--seed", c.Get(seed), 0, long.MaxValue, "a whole number from 0"),
            },
        };
    }

    /// <summary>The same for a chat client; greedy where no temperature is given.</summary>
    /// <exception cref="UserErrorException">A number is out of range, or servers do not know it.</exception>
    public ChatOptions ReadRequest(CommandContext c, double usual = 0)
    {
        foreach (var option in (Option[])[topK, penalty])
        {
            if (c.Arguments.GetResult(option) is not null)
                throw new UserErrorException(option.Name, "is no part of the API that servers speak", "leave it out, or use --top-p");
        }
        return new ChatOptions
        {
            MaxOutputTokens = Shared.Within("--max-new-tokens", c.Get(maxNewTokens) ?? DefaultTokens, 1, 1 << 20, "a whole number from 1"),
            Temperature = (float)Shared.Within("--temperature", c.Get(temperature) ?? usual, 0, 1000, "a number from 0"),
            TopP = c.Get(topP) is { } share ? (float)Shared.Within("--top-p", share, 1e-6, 1, "a number above 0, at most 1") : null,
            Seed = Shared.Within("--seed", c.Get(seed), 0, long.MaxValue, "a whole number from 0"),
            StopSequences = [.. (c.Get(stop) ?? []).Where(static s => s.Length > 0)],
        };
    }

    /// <summary>The seed alone, for what draws without a model too.</summary>
    public long Seed(CommandContext c) => Shared.Within("--seed", c.Get(seed), 0, long.MaxValue, "a whole number from 0");

    /// <summary>An option other than the seed that stands on the command line; null for none.</summary>
    public string? GivenBesideSeed(CommandContext c) => ((Option[])[maxNewTokens, temperature, topK, topP, penalty, stop]).FirstOrDefault(c.IsGiven)?.Name;

    /// <summary>A reason as JSON names it.</summary>
    public static string Name(StopReason reason) => reason switch
    {
        StopReason.StopToken => "stop_token",
        StopReason.StopString => "stop_string",
        _ => "length",
    };
}
