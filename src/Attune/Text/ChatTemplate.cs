using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Problems;
using Attune.Text.Jinja;

namespace Attune.Text;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: system, user, assistant, tool, or what else the template knows.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>
    /// Further fields that the template sees on the message (tool_calls, reasoning_content, name …). One named "content" or "role" takes the
    /// place of the property, for contents that are null or lists of parts.
    /// </summary>
    public IReadOnlyDictionary<string, JsonNode?> Extra { get; init; } = System.Collections.Frozen.FrozenDictionary<string, JsonNode?>.Empty;
}

/// <summary>What a template sees beside the messages.</summary>
public sealed record ChatOptions
{
    /// <summary>Whether the text ends with the opening of an assistant's turn, for the model to go on.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Text of the beginning-of-sequence token (<c>bos_token</c>); undefined for the template where null.</summary>
    public string? BosToken { get; init; }

    /// <summary>Text of the end-of-sequence token (<c>eos_token</c>); undefined for the template where null.</summary>
    public string? EosToken { get; init; }

    /// <summary>Tool definitions (<c>tools</c>), as JSON.</summary>
    public JsonNode? Tools { get; init; }

    /// <summary>Documents for retrieval (<c>documents</c>), as JSON.</summary>
    public JsonNode? Documents { get; init; }

    /// <summary>Free variables such as <c>enable_thinking</c>.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Variables { get; init; }

    /// <summary>Where <c>strftime_now</c> takes the time from; the system's clock where null, which makes renderings change from day to day.</summary>
    public TimeProvider? Clock { get; init; }
}

/// <summary>The template itself refuses the conversation, by raise_exception; the message is the template's.</summary>
public sealed class TemplateRefusedException(string message) : Exception(message);

/// <summary>
/// A Jinja chat template, run in an interpreter without access to anything but its arguments and with limits on its work. Its surroundings are those
/// that the templates on the Hub are written for: trimmed blocks, loop controls, tojson without ASCII escaping. Thread-safe.
/// </summary>
public sealed class ChatTemplate
{
    private const int MaximumSourceLength = 1 << 20;

    private readonly Statement body;
    private readonly string place;

    private ChatTemplate(string source, string place, Statement body)
    {
        Source = source;
        this.place = place;
        this.body = body;
        Hash = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(source)));
    }

    /// <summary>The ChatML template: <c>&lt;|im_start|&gt;role … &lt;|im_end|&gt;</c>, for models that bring none.</summary>
    public static ChatTemplate ChatMl { get; } = Parse(
        """
        {%- for message in messages %}
            {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|im_start|>assistant\n' }}
        {%- endif %}
        """,
        "the built-in ChatML template");

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>SHA-256 of <see cref="Source"/> as UTF-8, in lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>The model's own template: chat_template.jinja, else "chat_template" of tokenizer_config.json (of several, the one named default); null if there is none.</summary>
    /// <exception cref="UserErrorException">The template or the file that holds it is malformed.</exception>
    public static ChatTemplate? FromModel(string modelDirectory) => FromModel(ModelFiles.InFolder(modelDirectory));

    /// <summary>The same from a model's files, wherever they come from.</summary>
    /// <exception cref="UserErrorException">The template or the file that holds it is malformed.</exception>
    public static ChatTemplate? FromModel(ModelFiles files)
    {
        const string own = "chat_template.jinja", configuration = "tokenizer_config.json";
        if (files.Text(own) is { } source) return Parse(source, files.Place(own));
        if (files.Text(configuration) is not { } json || Section.Parse(json, files.Place(configuration)).Optional("chat_template") is not { } template) return null;
        var inConfiguration = $"{files.Place(configuration)}, chat_template";
        if (template.IsText) return Parse(template.Text(), inConfiguration);
        foreach (var named in template.Items())
        {
            if (named.Required("name").Text() == "default") return Parse(named.Required("template").Text(), inConfiguration);
        }
        throw template.Wrong("none of the templates is named \"default\"");
    }

    /// <summary>Parses a template; <paramref name="place"/> names it in errors.</summary>
    /// <exception cref="UserErrorException">The template is malformed or uses a statement that is not supported; the error names the line.</exception>
    public static ChatTemplate Parse(string source, string place)
    {
        if (source.Length > MaximumSourceLength) throw new UserErrorException(place, $"the template has {source.Length} characters; at most {MaximumSourceLength} are read");
        try
        {
            return new ChatTemplate(source, place, TemplateParser.Parse(source));
        }
        catch (TemplateFault fault)
        {
            throw new UserErrorException($"{place}, line {fault.Line}", fault.Message, "mend the template, or give another one");
        }
    }

    /// <summary>The conversation as the text that the model was trained on.</summary>
    /// <exception cref="TemplateRefusedException">The template refuses the conversation.</exception>
    /// <exception cref="UserErrorException">The template uses what is not supported, or meets values that it cannot use; the error names the line.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var state = new RenderState(MakeScope(messages, options), options.Clock ?? TimeProvider.System);
        try
        {
            body.Run(state);
            return state.Output.ToString();
        }
        catch (TemplateFault fault)
        {
            throw new UserErrorException($"{place}, line {(fault.Line > 0 ? fault.Line : state.Line)}", fault.Message, "check that the conversation has what this template expects");
        }
    }

    private static Scope MakeScope(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var globals = new Scope(null);
        foreach (var function in Globals.All) globals[function.Name] = function;
        var scope = new Scope(globals);
        scope["messages"] = new PyList(messages.Select(ToValue));
        scope["tools"] = JsonValues.Read(options.Tools);
        scope["documents"] = JsonValues.Read(options.Documents);
        scope["add_generation_prompt"] = options.AddGenerationPrompt;
        if (options.BosToken is not null) scope["bos_token"] = options.BosToken;
        if (options.EosToken is not null) scope["eos_token"] = options.EosToken;
        foreach (var (name, value) in options.Variables ?? System.Collections.Frozen.FrozenDictionary<string, JsonNode?>.Empty) scope[name] = JsonValues.Read(value);
        return scope;
    }

    private static PyDict ToValue(ChatMessage message)
    {
        var fields = new PyDict();
        fields.Set("role", message.Role);
        fields.Set("content", message.Content);
        foreach (var (name, value) in message.Extra) fields.Set(name, JsonValues.Read(value));
        return fields;
    }
}
