namespace Attune.Formats;

/// <summary>What a model's <c>generation_config.json</c> says about generating; a null is a value that the file leaves to the caller.</summary>
public sealed record GenerationConfig
{
    /// <summary>The file's name in a model folder.</summary>
    public const string FileName = "generation_config.json";

    /// <summary>The ids that end generation: the file's, else those of <c>config.json</c>.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Whether to draw tokens; false is greedy.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits before drawing; 0 is greedy.</summary>
    public double? Temperature { get; init; }

    /// <summary>The temperature for a caller who names none: 0 unless the file asks for drawing.</summary>
    public double UsualTemperature => DoSample == true ? Temperature ?? 1 : 0;

    /// <summary>Draw among that many most probable tokens; 0 is all.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw among the most probable tokens that together reach this probability, in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens that have occurred; 1 is off.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Reads the file; without one, everything but the end ids is left to the caller.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="config">The model's configuration: end ids where this file has none, and the vocabulary that ids must lie in.</param>
    public static GenerationConfig Read(ModelFiles files, HfConfig config)
    {
        if (!files.Has(FileName))
            return new GenerationConfig { EosTokenIds = config.EosTokenIds };
        var keys = JsonView.Parse(files.Place(FileName), files.Read(FileName));
        var eos = keys.IntOrList("eos_token_id", min: 0, max: config.VocabSize - 1);
        return new GenerationConfig
        {
            EosTokenIds = eos.Count > 0 ? eos : config.EosTokenIds,
            DoSample = keys.Bool("do_sample"),
            Temperature = keys.Double("temperature", min: 0),
            TopK = keys.Int("top_k", min: 0),
            TopP = keys.Double("top_p", min: double.Epsilon, max: 1),
            RepetitionPenalty = keys.Double("repetition_penalty", min: double.Epsilon),
        };
    }
}
