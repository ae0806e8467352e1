namespace Attune.Text.Jinja;

/// <summary>Something is wrong in a template or with the values that it meets; becomes a user error that names file and line.</summary>
internal sealed class TemplateFault(string message, int line = 0) : Exception(message)
{
    /// <summary>The line, or 0 where only the renderer knows it.</summary>
    public int Line { get; } = line;
}
