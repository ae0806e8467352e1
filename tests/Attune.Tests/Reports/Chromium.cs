using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Tests.Formats;

namespace Attune.Tests.Reports;

/// <summary>A headless Chromium, driven over its DevTools protocol: enough to open a page, look at it, and hear what it complains of.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"];

    private readonly TempFolder profile = new();
    private readonly Process process;
    private readonly ClientWebSocket socket = new();
    private readonly List<JsonNode> events = [];
    private string session = "";
    private int calls;

    private Chromium(Process process) => this.process = process;

    /// <summary>The executable: <c>ATTUNE_CHROMIUM</c>, or the first of the usual names on the path; null where there is none.</summary>
    public static string? Executable { get; } = Environment.GetEnvironmentVariable("ATTUNE_CHROMIUM") is { Length: > 0 } named
        ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(static folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>What the pages said on the console, and what went wrong in them.</summary>
    public IReadOnlyList<string> Complaints => [.. events
        .Where(static e => (string?)e["method"] is "Runtime.exceptionThrown" or "Runtime.consoleAPICalled" or "Log.entryAdded")
        .Select(static e => e["params"]!.ToJsonString())];

    /// <summary>Starts it.</summary>
    public static async Task<Chromium> StartAsync(CancellationToken cancel)
    {
        var start = new ProcessStartInfo(Executable!) { RedirectStandardError = true, RedirectStandardOutput = true };
        var process = new Process { StartInfo = start };
        var browser = new Chromium(process);
        // --no-sandbox: builds run as root in containers. The page is our own file.
        foreach (var argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
            "--remote-debugging-port=0", $"--user-data-dir={browser.profile.Path}", "about:blank"])
            start.ArgumentList.Add(argument);
        process.Start();
        while (await process.StandardError.ReadLineAsync(cancel) is { } line)
        {
            if (line.Split("DevTools listening on ") is not [_, var address])
                continue;
            _ = process.StandardError.ReadToEndAsync(cancel);
            await browser.socket.ConnectAsync(new Uri(address), cancel);
            var target = await browser.CallAsync("Target.createTarget", new() { ["url"] = "about:blank" }, cancel);
            var attached = await browser.CallAsync("Target.attachToTarget", new() { ["targetId"] = (string?)target["targetId"], ["flatten"] = true }, cancel);
            browser.session = (string)attached["sessionId"]!;
            foreach (var domain in (string[])["Page", "Runtime", "Log"])
                await browser.CallAsync(domain + ".enable", [], cancel);
            return browser;
        }
        throw new InvalidOperationException("Chromium ended before it listened");
    }

    /// <summary>Opens a file at a width, in light or dark.</summary>
    public async Task OpenAsync(string path, int width, string scheme, CancellationToken cancel)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false }, cancel);
        await CallAsync("Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }) }, cancel);
        var loaded = events.Count(IsLoaded);
        await CallAsync("Page.navigate", new() { ["url"] = new Uri(path).AbsoluteUri }, cancel);
        while (events.Count(IsLoaded) == loaded)
            events.Add(await ReceiveAsync(cancel));

        static bool IsLoaded(JsonNode e) => (string?)e["method"] == "Page.loadEventFired";
    }

    /// <summary>What an expression is worth in the page, as text.</summary>
    public async Task<string> EvaluateAsync(string expression, CancellationToken cancel)
    {
        var result = await CallAsync("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true }, cancel);
        Assert.True(result["exceptionDetails"] is null, result.ToJsonString());
        return result["result"]!["value"]?.ToString() ?? "";
    }

    /// <summary>The whole page as a PNG.</summary>
    public async Task<byte[]> ScreenshotAsync(CancellationToken cancel)
    {
        var shot = await CallAsync("Page.captureScreenshot", new() { ["format"] = "png", ["captureBeyondViewport"] = true }, cancel);
        return Convert.FromBase64String((string)shot["data"]!);
    }

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        profile.Dispose();
    }

    private async Task<JsonNode> CallAsync(string method, JsonObject parameters, CancellationToken cancel)
    {
        var id = ++calls;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session.Length > 0)
            call["sessionId"] = session;
        await socket.SendAsync(Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, true, cancel);
        while (true)
        {
            var message = await ReceiveAsync(cancel);
            if ((int?)message["id"] != id)
            {
                events.Add(message);
                continue;
            }
            return message["result"] ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{method}: {message["error"]}"));
        }
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancel)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, cancel);
            all.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
                return JsonSerializer.Deserialize<JsonNode>(all.ToArray())!;
        }
    }
}
