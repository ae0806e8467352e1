using System.Numerics;

namespace Attune.Text.Jinja;

/// <summary>The tests that may stand behind "is", by name.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, Func<object?, Arguments, bool>> Table = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, _) => v is not Undefined,
        ["undefined"] = (v, _) => v is Undefined,
        ["none"] = (v, _) => v is null,
        ["string"] = (v, _) => v is string,
        ["number"] = (v, _) => Python.IsNumber(v),
        ["integer"] = (v, _) => v is long or BigInteger,
        ["float"] = (v, _) => v is double,
        ["boolean"] = (v, _) => v is bool,
        ["true"] = (v, _) => v is true,
        ["false"] = (v, _) => v is false,
        ["mapping"] = (v, _) => v is PyDict,
        ["iterable"] = (v, _) => v is string or PyList or PyDict or Undefined,
        ["sequence"] = (v, _) => v is string or PyList or PyDict or Undefined,
        ["callable"] = (v, _) => v is Callable,
        ["odd"] = (v, _) => Python.Number(v) % 2 != 0,
        ["even"] = (v, _) => Python.Number(v) % 2 == 0,
        ["divisibleby"] = (v, a) => Python.Number(v) % Python.Number(a.Get(0, "num")) == 0,
        ["lower"] = (v, _) => Methods.IsCase(Python.Str(v), upper: false),
        ["upper"] = (v, _) => Methods.IsCase(Python.Str(v), upper: true),
        ["in"] = (v, a) => Python.Contains(a.Get(0, "seq"), v),
        ["eq"] = (v, a) => Python.AreEqual(v, a.Get(0, "b")),
        ["ne"] = (v, a) => !Python.AreEqual(v, a.Get(0, "b")),
        ["lt"] = (v, a) => Python.Compare(v, a.Get(0, "b")) < 0,
        ["le"] = (v, a) => Python.Compare(v, a.Get(0, "b")) <= 0,
        ["gt"] = (v, a) => Python.Compare(v, a.Get(0, "b")) > 0,
        ["ge"] = (v, a) => Python.Compare(v, a.Get(0, "b")) >= 0,
    };

    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["equalto"] = "eq",
        ["=="] = "eq",
        ["!="] = "ne",
        ["<"] = "lt",
        ["lessthan"] = "lt",
        ["<="] = "le",
        [">"] = "gt",
        ["greaterthan"] = "gt",
        [">="] = "ge",
    };

    public static Func<object?, Arguments, bool> Find(string name) => Table.TryGetValue(OtherNames.GetValueOrDefault(name, name), out var test)
        ? test
        : throw new TemplateFault($"the test \"is {name}\" is not supported; supported are {string.Join(", ", Table.Keys)}");
}
