using System.Diagnostics;
using System.Globalization;
using Attune.Engine;
using Attune.Models;
using Attune.Problems;
using Attune.Recipes;
using Attune.Reports;

namespace Attune.Runs;

/// <summary>The format in which the weights that do not train are held while a run goes on (<c>method.base</c>).</summary>
internal static class RunBase
{
    /// <summary>The formats that a recipe allows, the one that changes least first; of those that are given one alone.</summary>
    /// <param name="recipe">Says what is given.</param>
    /// <param name="folder">The model.</param>
    /// <param name="trains">Which of its weights train, and are held as they are.</param>
    /// <exception cref="UserErrorException">A format is asked for, and the model has nothing that could be held in it.</exception>
    public static IReadOnlyList<BaseFormat> Allowed(Recipe recipe, ModelFolder folder, Func<ParameterInfo, bool> trains)
    {
        if (recipe.Method.Base is { } given)
        {
            Require("method.base", folder, given, trains);
            return [given];
        }
        return RecipeKeys.Find("method.base")!.Idle(recipe) is null
            ? [.. Enum.GetValues<BaseFormat>().Where(f => CanHold(folder, f, trains))]
            : [BaseFormat.Stored];
    }

    /// <summary>Refuses a format that nothing of a model can be held in.</summary>
    /// <param name="key">The key that asks for it.</param>
    /// <param name="folder">The model.</param>
    /// <param name="format">What is asked for.</param>
    /// <param name="trains">Weights that train; null for none.</param>
    /// <exception cref="UserErrorException">The model has nothing that could be held in it.</exception>
    public static void Require(string key, ModelFolder folder, BaseFormat format, Func<ParameterInfo, bool>? trains = null)
    {
        if (!CanHold(folder, format, trains))
        {
            throw new UserErrorException(
                key, $"is {NameOf(format)}, and no matrix of {folder.Path} can be quantised to it: they train, their rows are not whole blocks of 64, or the file has them in blocks already", $"set {key}: stored");
        }
    }

    /// <summary>The weight format; null for the file's own.</summary>
    public static DType? TypeOf(BaseFormat format) => format switch
    {
        BaseFormat.Int8 => DType.Int8,
        BaseFormat.NF4 => DType.NF4,
        _ => null,
    };

    /// <summary>As a recipe writes it.</summary>
    public static string NameOf(BaseFormat format) => format.ToString().ToLowerInvariant();

    /// <summary>Quantises what is held so, with a notice of what that came to.</summary>
    public static void Load(ModelFolder folder, Action<RunNotice> notice, CancellationToken cancel)
    {
        if (folder.HeldAs is not null)
            Load(folder, Fact(folder), notice, cancel);
    }

    /// <summary>The same, saying <paramref name="fact"/> of what is held.</summary>
    public static void Load(ModelFolder folder, string fact, Action<RunNotice> notice, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        folder.Quantise(done => notice(new NoticeQuantising(done, folder.HeldMatrices)), cancel);
        notice(new NoticeText(string.Create(CultureInfo.InvariantCulture, $"  {fact}; quantised in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s")));
    }

    /// <summary>What is held, and what is measured on it, for screen and report.</summary>
    public static string Fact(ModelFolder folder) => $"{Held(folder)}; before and after are measured on this base, and the result belongs to it";

    /// <summary>What is held how, in half a sentence.</summary>
    public static string Held(ModelFolder folder) =>
        $"{folder.HeldMatrices} matrices are held as {folder.HeldAs.ToString()!.ToLowerInvariant()}: {Numbers.Bytes(folder.WeightBytes)} of weights instead of {Numbers.Bytes(folder.In(null).WeightBytes)}";

    private static bool CanHold(ModelFolder folder, BaseFormat format, Func<ParameterInfo, bool>? trains) => TypeOf(format) is not { } type || folder.In(type, trains).HeldMatrices > 0;
}
