using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Attune.Tests.Distillation;

/// <summary>What a server answers to one request.</summary>
internal sealed record Reply(int Status, string Body, (string Name, string Value)? Header = null, int DelayMilliseconds = 0)
{
    /// <summary>A chat completion as OpenAI's API has them.</summary>
    public static Reply Of(string text, string reason = "stop") => new(200, new JsonObject
    {
        ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text }, ["finish_reason"] = reason }),
        ["usage"] = new JsonObject { ["completion_tokens"] = 3 },
    }.ToJsonString());
}

/// <summary>An OpenAI-compatible server on the loopback interface, which answers as a test says.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Func<JsonElement, int, Reply> answer;
    private readonly Task loop;
    private int count;

    /// <summary>Begins to listen.</summary>
    /// <param name="answer">Gets the request's document and its number, from 1.</param>
    public LoopbackServer(Func<JsonElement, int, Reply> answer)
    {
        this.answer = answer;
        var port = FreePort();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        Address = $"http://127.0.0.1:{port}/v1";
        loop = ListenAsync();
    }

    public string Address { get; }

    public int Requests => count;

    public List<string?> Keys { get; } = [];

    /// <summary>A port on which nobody listens.</summary>
    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        listener.Stop();
        loop.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        listener.Close();
    }

    private async Task ListenAsync()
    {
        while (listener.IsListening)
        {
            var context = await listener.GetContextAsync();
            _ = Task.Run(() => AnswerAsync(context));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            lock (Keys)
                Keys.Add(context.Request.Headers["Authorization"]);
            using var json = await JsonDocument.ParseAsync(context.Request.InputStream);
            var reply = context.Request.Url!.AbsolutePath == "/v1/chat/completions" ? answer(json.RootElement, Interlocked.Increment(ref count)) : new Reply(404, "no such path");
            await Task.Delay(reply.DelayMilliseconds);
            context.Response.StatusCode = reply.Status;
            if (reply.Header is var (name, value))
                context.Response.Headers[name] = value;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(reply.Body));
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The client went away, as it does when it has waited long enough.
        }
    }
}
