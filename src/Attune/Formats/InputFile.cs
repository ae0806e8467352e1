using Attune.Problems;

namespace Attune.Formats;

/// <summary>Says what the operating system has against reading a file in the words of a user's error.</summary>
internal static class InputFile
{
    /// <summary>The result of <paramref name="read"/>; a missing or unreadable file is a <see cref="UserErrorException"/> that names it.</summary>
    public static T Read<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException(path, "there is no such file", "check the path");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(path, $"cannot be read: {e.Message}", "check that it is a file and may be read");
        }
    }
}
