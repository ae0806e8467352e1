namespace Attune.Runs;

/// <summary>A file that one process at a time holds; the system lets go of it when that process dies.</summary>
internal static class FileHold
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for a file and holds it until it is disposed.</summary>
    /// <param name="path">The file; it is made where it is missing, and stays.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public static IDisposable Take(string path, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                cancel.WaitHandle.WaitOne(Pause);
                cancel.ThrowIfCancellationRequested();
            }
        }
    }
}
