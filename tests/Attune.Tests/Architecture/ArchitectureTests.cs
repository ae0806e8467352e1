using System.Text.RegularExpressions;

namespace Attune.Tests.Architecture;

/// <summary>What keeps the source readable, held by reading it: direction of folders, sizes, where pointers and the console may be used.</summary>
public partial class ArchitectureTests
{
    private const int FileLines = 500;
    private const int MethodLines = 60;
    private const int KernelLines = 90;

    // From left to right; what stands in one entry may use each other's left neighbours only. Folders that do not exist yet are no harm.
    private static readonly string[][] Order =
    [
        ["Problems", "Hardware"], ["Formats"], ["Text"], ["Hub"], ["Models"], ["Adapters"], ["Data"], ["Objectives"], ["Evaluation"], ["Training"], ["Recipes"],
        ["Quality", "Selection", "Distillation"], ["Augmentation"], ["Search"], ["Reports"], ["Runs"], ["Bench"],
    ];

    // Beside the backends: what defines memory itself, its formats, and calls into the system.
    private static readonly string[] Unsafe =
        ["Storage.cs", "Tensor.cs", "Platform/", "Formats/"];

    private static readonly string Source = Path.Combine(SharedData.RepositoryRoot, "src");

    [Fact]
    public void Folders_use_only_what_stands_left_of_them()
    {
        var wrong = new List<string>();
        foreach (var file in Files("Attune"))
        {
            var parts = Path.GetRelativePath(Path.Combine(Source, "Attune"), file).Split(Path.DirectorySeparatorChar);
            if (parts.Length < 2)
                continue;
            foreach (Match used in Using().Matches(File.ReadAllText(file)))
            {
                var (own, other) = (Place(parts[0]), Place(used.Groups[1].Value));
                if (other > own || (other == own && used.Groups[1].Value != parts[0]))
                    wrong.Add($"{string.Join('/', parts)} uses {used.Groups[1].Value}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Every_folder_has_a_place() =>
        Assert.All(Directory.EnumerateDirectories(Path.Combine(Source, "Attune")).Select(Path.GetFileName).Where(static n => n is not ("bin" or "obj" or "Assets")), static n => Place(n!));

    [Fact]
    public void Pointers_stay_in_the_engine()
    {
        var wrong = Files("").Where(static f => UnsafeWord().IsMatch(Plain(File.ReadAllText(f))))
            .Select(static f => Path.GetRelativePath(Source, f).Replace('\\', '/'))
            .Where(static f => !f.StartsWith("Attune.Engine/Backends/", StringComparison.Ordinal) && !Unsafe.Any(u => u.EndsWith('/') ? f.StartsWith("Attune.Engine/" + u, StringComparison.Ordinal) : f == "Attune.Engine/" + u));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Only_the_command_line_writes_to_the_console() =>
        Assert.DoesNotContain(Files("Attune").Concat(Files("Attune.Engine")), static f => Plain(File.ReadAllText(f)).Contains("Console.", StringComparison.Ordinal));

    [Fact]
    public void Files_and_methods_are_short()
    {
        var wrong = new List<string>();
        foreach (var file in Files(""))
        {
            var name = Path.GetRelativePath(Source, file).Replace('\\', '/');
            var text = File.ReadAllText(file);
            var lines = text.Count(static c => c == '\n');
            if (lines > FileLines)
                wrong.Add($"{name} has {lines} lines");
            var most = name.StartsWith("Attune.Engine/Backends/", StringComparison.Ordinal) ? KernelLines : MethodLines;
            wrong.AddRange(Methods(Plain(text)).Where(m => m.Lines > most).Select(m => $"{name}: a method of {m.Lines} lines at line {m.First}"));
        }
        Assert.Empty(wrong);
    }

    /// <summary>The counter itself: a nested type's method counts, an initialiser does not, braces in texts are no braces.</summary>
    [Fact]
    public void Methods_are_counted_by_their_braces()
    {
        const string code = """
            class A
            {
                Dictionary<string, int> table = new()
                {
                    ["{"] = 1,
                };
                void Short() { }
                struct B
                {
                    void Long(string s)
                    {
                        // }
                        if (s == "}")
                        {
                            return;
                        }
                    }
                }
            }
            """;
        Assert.Equal([(7, 1), (10, 8)], Methods(Plain(code)).Select(static m => (m.First, m.Lines)));
    }

    private static int Place(string folder)
    {
        var place = Array.FindIndex(Order, o => o.Contains(folder));
        Assert.True(place >= 0, $"src/Attune/{folder} has no place in the order of folders");
        return place;
    }

    private static IEnumerable<string> Files(string project) =>
        Directory.EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
            .Where(static f => !f.Split(Path.DirectorySeparatorChar).Any(static p => p is "bin" or "obj"));

    // Without comments and the contents of texts; line breaks stay.
    private static string Plain(string code) => Ignored().Replace(code, static m => new string('\n', m.Value.Count(static c => c == '\n')));

    private static IEnumerable<(int First, int Lines)> Methods(string code)
    {
        // Per open brace: whether a type or a method begins there, and the line of what introduces it.
        var open = new Stack<(bool IsType, bool IsMethod, int Line)>();
        var (line, headStart, headLine) = (1, 0, 1);
        for (var i = 0; i < code.Length; i++)
        {
            if (code[i] == '\n')
                line++;
            if (code[i] == '{')
            {
                var head = code[headStart..i];
                var isType = TypeWord().IsMatch(Constraint().Replace(head, ""));
                var inType = open.Count > 0 && open.Peek().IsType;
                open.Push((isType, inType && !isType && Signature().IsMatch(head), headLine));
            }
            if (code[i] == '}' && open.TryPop(out var closed) && closed.IsMethod)
                yield return (closed.Line, line - closed.Line + 1);
            if (code[i] is '{' or '}' or ';')
                (headStart, headLine) = (i + 1, 0);
            else if (headLine == 0 && !char.IsWhiteSpace(code[i]))
                headLine = line;
        }
    }

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?Attune\.(Problems|Hardware|Formats|Text|Hub|Models|Adapters|Data|Objectives|Evaluation|Training|Recipes|Quality|Selection|Distillation|Augmentation|Search|Reports|Runs|Bench)\b", RegexOptions.Multiline)]
    private static partial Regex Using();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record|namespace)\b")]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"\bwhere\s+\w+\s*:[^{]*")]
    private static partial Regex Constraint();

    // No assignment in front of the parentheses: that is a field with an initialiser.
    [GeneratedRegex(@"^[^=(]*\(")]
    private static partial Regex Signature();

    [GeneratedRegex("//[^\n]*|\\$*\"\"\"[\\s\\S]*?\"\"\"|@\"(?:[^\"]|\"\")*\"|\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.[^']*)'")]
    private static partial Regex Ignored();
}
