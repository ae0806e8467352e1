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
    /// <exception cref="UserErrorException">A format is asked for, and the model has nothing that could be held in it.</exception>
    public static IReadOnlyList<BaseFormat> Allowed(Recipe recipe, ModelFolder folder)
    {
        if (recipe.Method.Base is { } given)
        {
            return CanHold(folder, given) ? [given] : throw new UserErrorException(
                "method.base", $"is {NameOf(given)}, and no matrix of {folder.Path} can be quantised to it: their rows are not whole blocks of 64, or the file has them in blocks already",
                "set method.base: stored");
        }
        return RecipeKeys.Find("method.base")!.Idle(recipe) is null
            ? [.. Enum.GetValues<BaseFormat>().Where(f => CanHold(folder, f))]
            : [BaseFormat.Stored];
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
        if (folder.HeldAs is null)
            return;
        var start = Stopwatch.GetTimestamp();
        folder.Quantise(done => notice(new NoticeQuantising(done, folder.HeldMatrices)), cancel);
        notice(new NoticeText(string.Create(CultureInfo.InvariantCulture, $"  {Fact(folder)}; quantised in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s")));
    }

    /// <summary>What is held, and what is measured on it, for screen and report.</summary>
    public static string Fact(ModelFolder folder) =>
        $"{folder.HeldMatrices} matrices are held as {folder.HeldAs.ToString()!.ToLowerInvariant()}: {Numbers.Bytes(folder.WeightBytes)} of weights instead of {Numbers.Bytes(folder.In(null).WeightBytes)}; before and after are measured on this base, and the result belongs to it";

    private static bool CanHold(ModelFolder folder, BaseFormat format) => TypeOf(format) is not { } type || folder.In(type).HeldMatrices > 0;
}
