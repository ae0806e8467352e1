using Attune.Engine.Autograd;

namespace Attune.Engine.Tests.Autograd;

/// <summary>
/// The inputs of one evaluation of a checked function, made in the order in which it asks for them: values are functions of their
/// number alone, some are trained, and one element may be moved.
/// </summary>
internal sealed class Inputs(Func<int, bool> trains, (int Input, int Row, int Col, double By)? move = null)
{
    private static readonly RandomKey Values = RandomKey.OfSeed(7);
    private Var[]? bound;
    private int number;
    private int asked;

    /// <summary>All inputs that could train, by number.</summary>
    public List<Var> All { get; } = [];

    /// <summary>Those that flow, which a segment takes as its inputs.</summary>
    public Var[] Flowing => [.. All.Where(static v => v is not Parameter)];

    /// <summary>An input that flows.</summary>
    public Var Flow(int rows, int cols) => Next(() => new Var(Random(rows, cols), trains(number)));

    /// <summary>A parameter, trained or not as the check wants; its gradient holds NaN before anything reaches it.</summary>
    public Parameter Weight(int rows, int cols) => (Parameter)Next(() =>
    {
        var value = Random(rows, cols);
        if (!trains(number))
            return new Parameter($"p{number}", value);
        var grad = Tensor.Allocate(DType.F64, rows, cols);
        for (var r = 0; r < rows; r++)
            grad.Row<double>(r).Fill(double.NaN);
        return new Parameter($"p{number}", value, grad);
    });

    /// <summary>A parameter that never trains.</summary>
    public static Parameter Frozen(int rows, int cols) => new("frozen", Constant(rows, cols));

    /// <summary>Positive numbers that are no inputs.</summary>
    public static Tensor Constant(int rows, int cols)
    {
        var tensor = Tensor.Allocate(DType.F64, rows, cols);
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < cols; c++)
                tensor.At<double>(r, c) = 0.1 + Values.For("constant").Uniform(r * cols + c);
        return tensor;
    }

    public static Tensor Integers(params int[] values)
    {
        var tensor = Tensor.Allocate(DType.I32, 1, values.Length);
        tensor.Write(values);
        return tensor;
    }

    /// <summary>From here on the same inputs are given again, those that flow replaced; null: given again as they are.</summary>
    public Inputs Again(Var[]? flowing = null)
    {
        (bound, asked) = (flowing, 0);
        return this;
    }

    private Var Next(Func<Var> make)
    {
        if (asked == All.Count)
        {
            All.Add(make());
            number++;
        }
        var input = All[asked++];
        return bound is null || input is Parameter ? input : bound[All.Take(asked - 1).Count(static v => v is not Parameter)];
    }

    private Tensor Random(int rows, int cols)
    {
        var tensor = Tensor.Allocate(DType.F64, rows, cols);
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < cols; c++)
                tensor.At<double>(r, c) = Values.For($"input {number}").Normal(r * cols + c);
        if (move is { } m && m.Input == number)
            tensor.At<double>(m.Row, m.Col) += m.By;
        return tensor;
    }
}
