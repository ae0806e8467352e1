using Attune.Adapters;
using Attune.Data;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Text;

namespace Attune.Bench;

/// <summary>What steps are taken with: the method and the rows.</summary>
/// <param name="Lora">LoRA of rank 16 on every linear layer, or all weights.</param>
/// <param name="PassRows">Rows of a pass: what a step is split into.</param>
/// <param name="Text">What the rows are: <c>4 × 512</c>, or a file.</param>
/// <param name="Step">The rows of step i.</param>
public sealed record StepCase(bool Lora, int PassRows, string Text, Func<int, OptimizerStep> Step)
{
    /// <summary>What every peer is measured with.</summary>
    public static LoraOptions LoraOptions { get; } = new() { Rank = 16, Alpha = 32 };

    /// <summary>What segments keep for backward.</summary>
    public Keep Keep { get; init; } = Keep.Saved;

    /// <summary>The type in which saved activations wait for backward; null for their own.</summary>
    public DType? SavedType { get; init; }

    /// <summary>Part of the passes' rows that hold tokens of the rows.</summary>
    public double Filled { get; init; } = 1;

    /// <summary>The method's name.</summary>
    public string Mode => Lora ? "lora" : "full";

    /// <summary>Random tokens, every one trained; all steps alike.</summary>
    /// <param name="spec">Sizes of the model.</param>
    /// <param name="lora">The method.</param>
    /// <param name="texts">Texts of a step.</param>
    /// <param name="length">Tokens of a text.</param>
    /// <param name="passRows">Rows of a pass; null for the whole step at once.</param>
    public static StepCase Random(DecoderSpec spec, bool lora, int texts, int length, int? passRows = null)
    {
        if (length > spec.MaxPositions)
            throw new UserErrorException("length of a text", $"is {length}; the model has {spec.MaxPositions} positions", $"give {spec.MaxPositions} or less");
        var rows = passRows ?? texts * length;
        var key = RandomKey.OfSeed(1);
        var examples = Enumerable.Range(0, texts).Select(b => new Example(
            [.. Enumerable.Range(0, length + 1).Select(i => key.Below(spec.Vocabulary, (long)b * length + i))],
            [false, .. Enumerable.Repeat(true, length)], "random", b, (ulong)b)).ToArray();
        var step = new Packer(examples, new PackerOptions { StepTokens = texts * length, MicroTokens = rows }).Get(default);
        return new StepCase(lora, rows, FormattableString.Invariant($"{texts} × {length}"), _ => step);
    }

    /// <summary>Rows of a file, read, tokenized and packed as <c>train</c> does.</summary>
    /// <param name="spec">Sizes of the model.</param>
    /// <param name="lora">The method.</param>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">What turns rows into tokens: a model's folder, or a folder with its tokenizer alone.</param>
    /// <param name="stepTokens">Most tokens of a step.</param>
    /// <param name="passRows">Rows of a pass; null for the whole step at once.</param>
    /// <exception cref="UserErrorException">The rows are wrong, or tokenizer and model do not belong together.</exception>
    public static StepCase OfFile(DecoderSpec spec, bool lora, string path, string tokenizer, int stepTokens, int? passRows = null)
    {
        var files = ModelFolder.TokenizerFiles(tokenizer);
        var words = Tokenizer.Load(files);
        if (words.VocabularySize > spec.Vocabulary)
            throw new UserErrorException(tokenizer, $"the tokenizer has {words.VocabularySize} tokens, the model only {spec.Vocabulary}", "give a smaller tokenizer, or another shape");
        var options = new DataOptions { MaxLength = Math.Min(spec.MaxPositions, passRows ?? stepTokens) };
        var set = DataSet.Load(SourceKinds.Read("--data", [path]), words, TemplateChoice.Of(null, files, words), options);
        return OfExamples(lora, Path.GetFileName(path), set.Examples, stepTokens, passRows);
    }

    /// <summary>Examples, packed as <c>train</c> does, over and over.</summary>
    /// <param name="lora">The method.</param>
    /// <param name="text">What the rows are.</param>
    /// <param name="examples">The rows, none longer than a pass.</param>
    /// <param name="stepTokens">Most tokens of a step.</param>
    /// <param name="passRows">Rows of a pass; null for the whole step at once.</param>
    public static StepCase OfExamples(bool lora, string text, IReadOnlyList<Example> examples, int stepTokens, int? passRows = null)
    {
        var packer = new Packer(examples, new PackerOptions { StepTokens = stepTokens, MicroTokens = passRows ?? stepTokens, Seed = 1 });
        return new StepCase(lora, passRows ?? stepTokens, text, i => packer.Get(new DataCursor(0, i % packer.StepsIn(0)))) { Filled = packer.Efficiency(0) };
    }
}
