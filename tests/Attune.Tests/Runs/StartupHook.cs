using Attune.Tests.Search.Stores;

#pragma warning disable CA1050 // .NET looks for a hook of this name outside of any namespace.

/// <summary>Put into a child process by DOTNET_STARTUP_HOOKS: on its end, writes down what it had loaded; or does a test's work in its place.</summary>
internal static class StartupHook
{
    /// <summary>The variable that names the file.</summary>
    public const string Target = "ATTUNE_TEST_ASSEMBLIES";

    public static void Initialize()
    {
        if (StudyWorkers.IsOne)
        {
            StudyWorkers.Work();
            Environment.Exit(0);
        }
        AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
            File.WriteAllLines(Environment.GetEnvironmentVariable(Target)!, AppDomain.CurrentDomain.GetAssemblies().Select(static a => a.GetName().Name!));
    }
}
