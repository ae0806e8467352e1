using Attune.Data;
using Attune.Objectives;
using Attune.Problems;

namespace Attune.Distillation;

/// <summary>Where the rows of training examples stand in a file of logits.</summary>
internal sealed class ExampleRows
{
    private readonly LogitsFile file;
    private readonly Dictionary<Example, long> first = new(ReferenceEqualityComparer.Instance);

    /// <summary>Looks every example up.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">What errors call it.</param>
    /// <param name="examples">What is trained on.</param>
    /// <exception cref="UserErrorException">The file does not know all of them.</exception>
    public ExampleRows(LogitsFile file, string path, IReadOnlyList<Example> examples)
    {
        this.file = file;
        var missing = new List<Example>();
        foreach (var example in examples)
        {
            if (file.Find(example) is { } row)
                first[example] = row;
            else
                missing.Add(example);
        }
        if (missing.Count > 0)
        {
            throw new UserErrorException(
                path, $"knows {examples.Count - missing.Count} of {examples.Count} training rows, and not {missing[0].File}, row {missing[0].Row}, as it is read here",
                "make it of the same data files, template and columns: attune distill logits; a row that data.truncation shortens is another row");
        }
    }

    /// <summary>The number of each trained row of a pass. One that is only timed brings examples of nobody's: any rows will do for them.</summary>
    public long[] Of(PassInput input) => [.. input.Batch.Examples.SelectMany(RowsOf)];

    private IEnumerable<long> RowsOf(Example example)
    {
        var row = example.Row == 0 ? 0 : first[example];
        for (var i = 0; i < example.TrainedTokens; i++)
            yield return (row + i) % file.Header.Rows;
    }
}
