using Attune.Data;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Objectives;
using Attune.Runs;
using Attune.Training;
using TinyModel = Attune.Tests.Runs.TinyModel;

namespace Attune.Tests.Training;

/// <summary>A student writes answers of its own: which, where and how long, whatever the split into micro-batches.</summary>
public sealed class OnPolicyTests : IDisposable
{
    private readonly TinyModel tiny = new();
    private readonly ModelContext context;
    private readonly Example[] examples;

    public OnPolicyTests()
    {
        context = ModelContext.Open(tiny.Path);
        examples = [.. DataSet.Load([new DataSource(tiny.Data)], context.Tokenizer, context.Template, new DataOptions { MaxLength = 192, EosIds = [.. context.EndIds] }).Examples];
    }

    public void Dispose()
    {
        context.Dispose();
        tiny.Dispose();
    }

    [Fact]
    public void Answers_do_not_depend_on_the_split_into_micro_batches_and_fit_in_the_rows_place()
    {
        var (one, many) = (Write(Step(1 << 20), 0.5, 3), Write(Step(100), 0.5, 3));
        Assert.True(many.MicroBatches.Count > 3);
        static string[] Of(OptimizerStep s) =>
            [.. s.MicroBatches.SelectMany(static b => b.StepOffsets.Zip(b.Examples)).OrderBy(static p => p.First).Select(static p => $"{p.Second.IsOwn} {string.Join(' ', p.Second.Ids)}")];
        Assert.Equal(Of(one), Of(many));
        Assert.Equal(one.MicroBatches.Sum(static b => b.TrainedTokens), one.TrainedTokens);
        var own = one.MicroBatches.SelectMany(static b => b.Examples.Zip(b.Rows)).Where(static p => p.First.IsOwn).ToArray();
        Assert.InRange(own.Length, 15, 45);
        foreach (var (answered, row) in own)
        {
            Assert.Equal(examples[row].Prompt.ToArray(), answered.Prompt.ToArray());
            Assert.InRange(answered.Ids.Length, answered.Prompt.Length + 1, examples[row].Ids.Length);
            Assert.All(answered.Trained[answered.Prompt.Length..], Assert.True);
        }
    }

    [Fact]
    public void They_are_a_function_of_the_step_and_the_share()
    {
        var step = Step(1 << 20);
        static string Text(OptimizerStep s) => string.Join(' ', s.MicroBatches.SelectMany(static b => b.Ids));
        Assert.Equal(Text(Write(step, 0.5, 3)), Text(Write(step, 0.5, 3)));
        Assert.NotEqual(Text(Write(step, 0.5, 3)), Text(Write(step, 0.5, 4)));
        Assert.Same(step, Write(step, 0, 3));
        Assert.All(Write(step, 1, 3).MicroBatches[0].Examples, static e => Assert.True(e.IsOwn));
    }

    /// <summary>There is no label for what the student wrote: the loss of a label there would be 0 only by weight.</summary>
    [Fact]
    public void What_the_student_wrote_is_no_label()
    {
        var step = Write(Step(1 << 20), 0.5, 3);
        var input = new PassInput(step.MicroBatches[0], step.Tokens);
        Assert.Equal(step.MicroBatches[0].Examples.SelectMany(static e => Enumerable.Repeat(!e.IsOwn, e.TrainedTokens)), input.IsLabel!);
        Assert.Null(new PassInput(Step(1 << 20).MicroBatches[0], step.Tokens).IsLabel);
    }

    private OptimizerStep Step(int micro) => new Packer(examples, new PackerOptions { StepTokens = 1 << 20, MicroTokens = micro, Seed = 1 }).Get(default);

    private OptimizerStep Write(OptimizerStep step, double share, int number)
    {
        var backend = CpuBackend.Shared(1);
        var own = new OnPolicy(
            share, 1, 1, context.Tokenizer, [.. context.StopIds], examples.Max(static e => e.Prompt.Length), examples.Max(static e => e.Answer.Length));
        var method = new TuningMethod(null, false, 1);
        var options = new TrainerOptions { TotalSteps = 1, PassRows = 200, LearningRate = new LearningRate(0, LearningRateShape.Constant, 0, 1), OnPolicy = own };
        var plan = MemoryPlan.Of(context.Folder, method, options, backend, 0, 0, 0);
        using var arena = Arena.OfBytes(plan.Arena);
        using var model = TrainingModel.Build(context.Folder, method, backend, arena);
        var written = own.Write(step, number, model, backend, arena, TestContext.Current.CancellationToken);
        // Written within what was planned: the arena holds no more.
        Assert.InRange(arena.Peak, plan.Persistent, plan.Persistent + plan.Generation);
        return written;
    }
}
