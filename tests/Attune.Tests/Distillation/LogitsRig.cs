using Attune.Data;
using Attune.Distillation;
using Attune.Engine;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Objectives;
using Attune.Runs;
using Attune.Tests.Runs;
using Attune.Training;

namespace Attune.Tests.Distillation;

/// <summary>A student, a teacher of another shape with the same tokens, rows, and files of what the teacher says about them.</summary>
internal sealed class LogitsRig : IDisposable
{
    private readonly TinyModel tiny = new(), other = new(seed: 11, family: "qwen2");
    private readonly List<IDisposable> opened = [];

    public LogitsRig()
    {
        Student = ModelFolder.Open(tiny.Path);
        Teacher = InferenceModel.Open(other.Path, null, null, Backend);
        Examples = DataSet.Load([tiny.Data], Teacher.Context.Tokenizer, Teacher.Context.Template, new DataOptions { MaxLength = 192, EosIds = [.. Teacher.Context.EndIds] }).Examples;
    }

    public static CpuBackend Backend { get; } = CpuBackend.Shared(2);

    public static TuningMethod Method { get; } = new(null, false, 1);

    public TinyModel Tiny => tiny;

    public string TeacherPath => other.Path;

    public ModelFolder Student { get; }

    public InferenceModel Teacher { get; }

    public IReadOnlyList<Example> Examples { get; }

    public int Vocabulary => Teacher.Context.Tokenizer.VocabularySize;

    public string Write(string name, int kept, double temperature = 1, Action<long, long>? progress = null, CancellationTokenSource? stop = null)
    {
        var path = tiny.FileOf(name);
        LogitsRun.Execute(Teacher, new LogitsOptions { Data = [tiny.Data], Kept = kept, Temperature = temperature, Output = path }, static _ => { }, progress ?? (static (_, _) => { }), stop?.Token ?? TestContext.Current.CancellationToken);
        return path;
    }

    public FileTeacher Open(string path, IReadOnlyList<Example>? examples = null)
    {
        var file = LogitsFile.Open(path);
        opened.Add(file);
        return new FileTeacher(file, path, examples ?? Examples);
    }

    public ITeacher Online => new Teacher(Teacher.Decoder, null, Vocabulary, 0);

    public static TrainerOptions Options(ITeacher teacher, Divergence divergence, double temperature, double labels = 0, int rows = 256) => new()
    {
        TotalSteps = 1,
        PassRows = rows,
        LearningRate = new LearningRate(1e-3, LearningRateShape.Constant, 0, 1),
        Objective = new DistillationObjective(teacher, divergence, temperature, labels),
    };

    /// <summary>Loss and gradients of one step over some rows.</summary>
    public (double Loss, float[] Gradients) Step(TrainerOptions options)
    {
        using var arena = Arena.OfBytes(MemoryPlan.Of(Student, Method, options, Backend, 0, 0, 0).Arena);
        using var model = TrainingModel.Build(Student, Method, Backend, arena);
        var batch = Batch.Of(Examples, [3, 0, 7]);
        var loss = new GradientStep(model, Backend, arena, options).Run(new OptimizerStep(default, [batch], batch.Rows, batch.TrainedTokens), 0, TestContext.Current.CancellationToken);
        return (loss, [.. model.Weights.Parameters.SelectMany(static p => p.Grad!.ToArray())]);
    }

    public void Dispose()
    {
        opened.ForEach(static o => o.Dispose());
        Teacher.Dispose();
        Student.Dispose();
        other.Dispose();
        tiny.Dispose();
    }
}
