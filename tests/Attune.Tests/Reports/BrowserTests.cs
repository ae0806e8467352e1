using Attune.Reports;
using Attune.Tests.Formats;

namespace Attune.Tests.Reports;

/// <summary>The report in a browser, as a reader has it: light and dark, on a phone and on a desk. ATTUNE_SHOTS keeps the pictures.</summary>
public class BrowserTests
{
    // Everything that sticks out of the window, or whose content is wider than it may show. What is not displayed has no size.
    private const string Clipped = """
        (() => {
          const wrong = [];
          const root = document.documentElement;
          if (root.scrollWidth > window.innerWidth) wrong.push(`page ${root.scrollWidth} > ${window.innerWidth}`);
          for (const e of document.querySelectorAll('body *')) {
            const box = e.getBoundingClientRect();
            if (box.width === 0 || e.closest('svg') && e.tagName !== 'svg') continue;
            const name = `${e.tagName}.${e.getAttribute('class') ?? ''} "${e.textContent.trim().slice(0, 30)}"`;
            if (box.right > window.innerWidth + 0.5 || box.left < -0.5) wrong.push(`${name} reaches ${box.right}`);
            if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1) wrong.push(`${name} holds ${e.scrollWidth} in ${e.clientWidth}`);
          }
          for (const t of document.querySelectorAll('svg.chart text')) {
            const box = t.getBoundingClientRect(), svg = t.closest('svg').getBoundingClientRect();
            if (box.left < svg.left - 1 || box.right > svg.right + 1) wrong.push(`chart text "${t.textContent}" sticks out`);
          }
          return wrong.join('\n');
        })()
        """;

    [Fact]
    public async Task Nothing_is_cut_off_and_the_console_is_silent()
    {
        Assert.SkipWhen(Chromium.Executable is null, "needs Chromium on the path (apt-get install chromium), or ATTUNE_CHROMIUM");
        var cancel = TestContext.Current.CancellationToken;
        using var temp = new TempFolder();
        var pages = new Dictionary<string, RunRecord> { ["run"] = DemoRun.Create(), ["alone"] = DemoRun.Alone(), ["empty"] = new() { Title = "empty" } };
        foreach (var (name, run) in pages)
            File.WriteAllText(temp.File(name + ".html"), HtmlReport.Write(run));
        await using var browser = await Chromium.StartAsync(cancel);
        foreach (var name in pages.Keys)
        {
            foreach (var (width, scheme) in new[] { (1280, "light"), (1280, "dark"), (390, "light"), (390, "dark") })
            {
                await browser.OpenAsync(temp.File(name + ".html"), width, scheme, cancel);
                await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)", cancel);
                Assert.Equal("", await browser.EvaluateAsync(Clipped, cancel));
                // Dark is dark, light is light, and text can be told from what is behind it.
                Assert.Equal(scheme == "dark", await LuminanceAsync(browser, "backgroundColor", cancel) < 0.2);
                Assert.True(Math.Abs(await LuminanceAsync(browser, "color", cancel) - await LuminanceAsync(browser, "backgroundColor", cancel)) > 0.6);
                if (Environment.GetEnvironmentVariable("ATTUNE_SHOTS") is { Length: > 0 } folder)
                    await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{width}-{scheme}.png"), await browser.ScreenshotAsync(cancel), cancel);
            }
        }
        Assert.Empty(browser.Complaints);
    }

    /// <summary>The tests themselves: a page that is too wide and one that complains are found.</summary>
    [Fact]
    public async Task What_is_wrong_is_found()
    {
        Assert.SkipWhen(Chromium.Executable is null, "needs Chromium on the path (apt-get install chromium), or ATTUNE_CHROMIUM");
        var cancel = TestContext.Current.CancellationToken;
        using var temp = new TempFolder();
        File.WriteAllText(temp.File("bad.html"), "<body><div style='width:500px'>wide</div><script>console.error('loud')</script></body>");
        await using var browser = await Chromium.StartAsync(cancel);
        await browser.OpenAsync(temp.File("bad.html"), 390, "light", cancel);
        Assert.Contains("DIV", await browser.EvaluateAsync(Clipped, cancel), StringComparison.Ordinal);
        Assert.Contains(browser.Complaints, static c => c.Contains("loud", StringComparison.Ordinal));
    }

    private static async Task<double> LuminanceAsync(Chromium browser, string property, CancellationToken cancel)
    {
        var color = await browser.EvaluateAsync($"getComputedStyle(document.body).{property}", cancel);
        var parts = color[(color.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',').Select(static p => double.Parse(p, System.Globalization.CultureInfo.InvariantCulture) / 255).ToArray();
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    }
}
