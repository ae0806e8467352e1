using System.Text.Json;
using Attune.Engine;
using Attune.Engine.Autograd;
using Attune.Engine.Backends;
using Attune.Engine.Ops;
using Attune.Problems;
using Attune.Recipes;
using Attune.Tests.Models;

namespace Attune.Tests.Objectives;

/// <summary>Matching of hidden states: values and gradients against what tests/Fixtures/make_distill.py lets PyTorch compute, and which layers meet.</summary>
public class HiddenMatchingTests
{
    [Theory]
    [InlineData(TestBackends.F64, 3e-7)]
    [InlineData(TestBackends.Cpu, 2e-6)]
    public void Losses_and_gradients_are_those_of_PyTorch(string name, double tolerance)
    {
        var backend = TestBackends.Make(name);
        var golden = JsonDocument.Parse(File.ReadAllText(ModelFixture.PathOf("distill.json"))).RootElement.GetProperty("hidden");
        var (weights, targets) = (Numbers(golden, "weights"), Numbers(golden, "targets"));
        var (rows, width) = (weights.Length, targets.Length / weights.Length);
        foreach (var expected in golden.GetProperty("cases").EnumerateArray())
        {
            var distance = expected.GetProperty("distance").GetString() == "mse" ? RowDistance.Squared : RowDistance.Cosine;
            var x = new Parameter("x", Filled(backend, rows, Numbers(expected, "rows")), Tensor.Allocate(backend.Activation, rows, Numbers(expected, "rows").Length / rows));
            var projection = expected.GetProperty("projection").ValueKind == JsonValueKind.Null ? null
                : new Parameter("p", Filled(backend, x.Value.Cols, Numbers(expected, "projection")), Tensor.Allocate(backend.Activation, x.Value.Cols, width));
            using var arena = TestBackends.NewArena(1);
            using var tape = new Tape(backend, arena);
            var losses = Tensor.Allocate(backend.Activation, 1, rows);
            var loss = tape.Run(new HiddenMatch(x, projection, Filled(backend, rows, targets), Filled(backend, 1, weights), distance, 1, losses));
            Close(Numbers(expected, "losses"), losses, tolerance);
            Assert.Equal(Numbers(expected, "losses").Sum(), loss.Value.Read(0, 0), 1e-5);
            tape.Backward(loss);
            Close(Numbers(expected, "row_gradients"), x.Grad!, tolerance);
            if (projection is not null)
                Close(Numbers(expected, "projection_gradients"), projection.Grad!, tolerance);
        }
    }

    [Theory]
    [InlineData("last", 4, 8, 0, "4:8")]
    [InlineData("uniform", 4, 8, 0, "1:2 2:4 3:6 4:8")]
    [InlineData("uniform", 5, 8, 2, "3:5 4:6 5:8")]
    [InlineData("uniform", 8, 2, 0, "1:1 2:1 3:1 4:1 5:1 6:2 7:2 8:2")]
    [InlineData("{4: 8, 2: 5}", 4, 8, 0, "2:5 4:8")]
    public void Layers_meet_as_the_recipe_says(string text, int student, int teacher, int lowest, string pairs) =>
        Assert.Equal(pairs, string.Join(' ', Parse(text).Value.Of(student, teacher, lowest).Select(static p => $"{p.Student}:{p.Teacher}")));

    [Theory]
    [InlineData("first")]
    [InlineData("{0: 1}")]
    [InlineData("{1: x}")]
    [InlineData("{1: 2, 1: 3}")]
    [InlineData("{}")]
    [InlineData("")]
    public void What_names_no_layers_is_refused(string text) => Assert.NotNull(Parse(text).Problem);

    [Theory]
    [InlineData("{5: 1}", 0, "names block 5")]
    [InlineData("{1: 9}", 0, "the teacher 8")]
    [InlineData("{2: 1}", 2, "below block 3 nothing trains")]
    public void Layers_that_are_not_there_or_do_not_train_are_refused(string text, int lowest, string says)
    {
        var problem = Assert.Single(Assert.Throws<UserErrorException>(() => Parse(text).Value.Of(4, 8, lowest)).Problems);
        Assert.Equal("objective.hidden_layers", problem.Place);
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    private static Parsed<LayerMatching> Parse(string text) => LayerMatching.Kind.Parse(new RawValue(text, null, []));

    private static double[] Numbers(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(static v => v.GetDouble())];

    private static Tensor Filled(Backend backend, int rows, double[] values)
    {
        var tensor = Tensor.Allocate(backend.Activation, rows, values.Length / rows);
        tensor.Write([.. values.Select(static v => (float)v)]);
        return tensor;
    }

    private static void Close(double[] expected, Tensor actual, double tolerance)
    {
        var values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        var size = expected.Max(Math.Abs);
        for (var i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(expected[i] - values[i]) <= Math.Max(tolerance, 6e-8) * size, $"{i} is {values[i]:R}, expected {expected[i]:R}");
    }
}
