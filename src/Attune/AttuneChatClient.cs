using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Attune.Engine.Backends;
using Attune.Models;
using Attune.Problems;
using Attune.Runs;
using Microsoft.Extensions.AI;

namespace Attune;

/// <summary>
/// A local model, with an adapter or without, as the <see cref="IChatClient"/> that .NET applications know: any of its middleware
/// goes around it, and it goes wherever another client went.
/// </summary>
/// <remarks>
/// Safe to use from many threads: requests are answered one after the other, in turn, since one already uses all compute threads;
/// a request that waits can be cancelled. An answer is cancelled between two tokens. Every answer plans its memory, takes it and
/// gives it back. Disposing cancels what is under way and waits for it.
/// </remarks>
public sealed class AttuneChatClient : IChatClient
{
    private readonly InferenceModel model;
    private readonly ChatClientMetadata metadata;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly CancellationTokenSource ending = new();
    private int disposed;

    /// <summary>A client over an open model, which it owns from now on.</summary>
    /// <exception cref="UserErrorException">The model has no chat template.</exception>
    public AttuneChatClient(InferenceModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Context.Template is null)
            throw new UserErrorException(model.Context.Folder.Path, "has no chat template, so it does not know whose turn it is", "give a template that it was tuned with, such as chatml");
        this.model = model;
        metadata = new ChatClientMetadata("attune", null, Path.GetFileName(Path.GetFullPath(model.Context.AdapterPath ?? model.Context.Folder.Path)));
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The model's folder, or an adapter's folder that names its base.</param>
    /// <param name="adapter">The adapter's folder, or null.</param>
    /// <param name="template">Chat template instead of the model's own: a file, or <c>chatml</c>.</param>
    /// <param name="threads">Compute threads; null for one a processor. The answers do not depend on it.</param>
    /// <exception cref="UserErrorException">The files are missing, damaged, or do not belong together.</exception>
    public static AttuneChatClient Open(string path, string? adapter = null, string? template = null, int? threads = null)
    {
        var model = InferenceModel.Open(path, adapter, template, CpuBackend.Shared(threads));
        try
        {
            return new AttuneChatClient(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    /// <exception cref="NotSupportedException">The options ask for tools, a response format, penalties or a stored conversation, or a message holds more than text.</exception>
    /// <exception cref="UserErrorException">The conversation is longer than the model's positions, or the template refuses it.</exception>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = ChatRequest.Of(model.Context, messages, options);
        var written = await AnswerAsync(request, null, cancellationToken).ConfigureAwait(false);
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, written.Text))
        {
            ModelId = metadata.DefaultModelId,
            FinishReason = ChatRequest.ReasonOf(written),
            Usage = request.UsageOf(written),
        };
    }

    /// <inheritdoc cref="GetResponseAsync" />
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = ChatRequest.Of(model.Context, messages, options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var work = AnswerAsync(request, piece => pieces.Writer.TryWrite(piece), stop.Token);
        var closed = work.ContinueWith(static (_, p) => ((ChannelWriter<string>)p!).Complete(), pieces.Writer, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return Update(new TextContent(piece), null);
            var written = await work.ConfigureAwait(false);
            yield return Update(new UsageContent(request.UsageOf(written)), ChatRequest.ReasonOf(written));
        }
        finally
        {
            // Whoever stops reading stops the writing, and nothing goes on behind his back.
            await stop.CancelAsync().ConfigureAwait(false);
            await closed.ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? metadata
            : serviceType.IsInstanceOfType(model) ? model
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        ending.Cancel();
        // The weights are mapped memory: nobody may be reading when they go. The turn is never given back.
        turn.Wait();
        model.Dispose();
        ending.Dispose();
    }

    private ChatResponseUpdate Update(AIContent content, ChatFinishReason? reason) =>
        new(ChatRole.Assistant, [content]) { ModelId = metadata.DefaultModelId, FinishReason = reason };

    private async Task<Generated> AnswerAsync(ChatRequest request, Action<string>? onText, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, ending.Token);
        await turn.WaitAsync(stop.Token).ConfigureAwait(false);
        try
        {
            return await Task.Run(
                () => model.Generate([request.Prompt], request.Generation, onText is null ? null : (_, piece) => onText(piece), stop.Token)[0], stop.Token).ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }
}
