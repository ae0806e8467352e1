using System.Text.Json.Nodes;
using Attune.Text;

namespace Attune.Tests.Text;

/// <summary>Renderings of real templates equal those of the reference implementation, character by character.</summary>
public class ChatTemplateReferenceTests
{
    public static TheoryData<string> Names =>
        ["Phi-4-mini", "Qwen-Qwen2.5-7B-Instruct", "google-gemma-2-2b-it", "meta-llama-Llama-3.2-3B-Instruct", "microsoft-Phi-3.5-mini-instruct"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Renderings_and_refusals_equal_the_reference(string name)
    {
        var path = SharedData.Require("chat-templates", $"{name}.jinja");
        var template = ChatTemplate.Parse(File.ReadAllText(path), path);
        var expected = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(path, "expected.json")))!;
        foreach (var example in expected["cases"]!.AsArray())
        {
            var options = new ChatOptions
            {
                AddGenerationPrompt = example!["add_generation_prompt"]!.GetValue<bool>(),
                BosToken = expected["bos_token"]!.GetValue<string>(),
                EosToken = expected["eos_token"]!.GetValue<string>(),
                Tools = example["tools"],
                Clock = new FixedClock(),
            };
            var messages = example["messages"]!.AsArray().Select(m => ReadMessage(m!.AsObject())).ToList();
            if (example["error"] is { } error) Assert.Equal(error.GetValue<string>(), Assert.Throws<TemplateRefusedException>(() => template.Render(messages, options)).Message);
            else Assert.Equal(example["rendered"]!.GetValue<string>(), template.Render(messages, options));
        }
        Assert.Equal(16, expected["cases"]!.AsArray().Count);
    }

    private static ChatMessage ReadMessage(JsonObject message) => new(message["role"]!.GetValue<string>(), "")
    {
        Extra = message.Where(p => p.Key != "role").ToDictionary(p => p.Key, p => p.Value),
    };

    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 7, 26, 12, 0, 0, TimeSpan.Zero);
    }
}
