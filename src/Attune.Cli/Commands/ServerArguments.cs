using System.CommandLine;
using Attune.Distillation;
using Attune.Problems;
using Microsoft.Extensions.AI;

namespace Attune.Cli.Commands;

/// <summary>The options that say which server answers instead of a local model, and how patiently it is asked.</summary>
internal sealed class ServerArguments
{
    private const string UsualKey = "OPENAI_API_KEY";

    private readonly Option<string?> address = new("--server") { Description = "Address of an OpenAI-compatible server that is asked instead of a local model, such as http://localhost:8080/v1.", HelpName = "url" };
    private readonly Option<string?> name = new("--server-model") { Description = "The model's name on that server.", HelpName = "name" };
    private readonly Option<string?> key = new("--api-key-env") { Description = $"Environment variable that holds the server's key ({UsualKey}, where it is set).", HelpName = "name" };
    private readonly Option<int?> parallel = new("--parallel") { Description = "Requests to the server at once (4).", HelpName = "n" };
    private readonly Option<double?> timeout = new("--timeout") { Description = "Seconds that a request may take (120).", HelpName = "s" };
    private readonly Option<int?> retries = new("--retries") { Description = "Further tries of a request that failed for a reason that may pass (5).", HelpName = "n" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[address, name, key, parallel, timeout, retries])
            command.Options.Add(option);
    }

    public bool IsGiven(CommandContext c) => c.Get(address) is not null;

    /// <summary>Refuses options that a local teacher would ignore.</summary>
    public void RequireAbsent(CommandContext c)
    {
        foreach (var option in (Option[])[name, key, parallel, timeout, retries])
        {
            if (c.Arguments.GetResult(option) is not null)
                throw new UserErrorException(option.Name, "is for a server, and --server is not given", "give --server with its address, or leave it out");
        }
    }

    /// <summary>A client for the server; nothing is sent yet.</summary>
    public OpenAiClient Open(CommandContext c, ModelArguments local)
    {
        foreach (var option in (Option[])[local.Model, local.Adapter, local.Template])
        {
            if (c.Arguments.GetResult(option) is not null)
                throw new UserErrorException(option.Name, "is for a local teacher, and --server names one elsewhere", "give one of the two");
        }
        var given = c.Get(address)!;
        if (!Uri.TryCreate(given, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            throw new UserErrorException($"--server {given}", "expected an address that begins with http:// or https://", "give one such as http://localhost:8080/v1");
        if (c.Get(name) is not { Length: > 0 } known)
            throw new UserErrorException("--server-model", "is not given, and a server may hold many models", "give the model's name on that server");
        return new OpenAiClient(uri, known, Key(c));
    }

    /// <summary>The teacher behind that client.</summary>
    public ChatTeacher Teacher(CommandContext c, IChatClient client, ChatOptions request, int samples) => new(client, c.Get(name)!, new ChatTeacherOptions
    {
        Samples = samples,
        Request = request,
        Parallel = Shared.Within("--parallel", c.Get(parallel) ?? 4, 1, 256, "a whole number from 1 to 256"),
        Timeout = TimeSpan.FromSeconds(Shared.Within("--timeout", c.Get(timeout) ?? 120, 0.05, 86400, "seconds, from 0.05 to 86400")),
        Retries = Shared.Within("--retries", c.Get(retries) ?? 5, 0, 100, "a whole number from 0 to 100"),
        Settings = [("server", c.Get(address)!)],
    });

    private string? Key(CommandContext c)
    {
        if (c.Get(key) is not { } variable)
            return Environment.GetEnvironmentVariable(UsualKey);
        return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? value
            : throw new UserErrorException($"--api-key-env {variable}", "this environment variable is not set", "set it to the server's key");
    }
}
