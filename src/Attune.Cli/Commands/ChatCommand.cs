using System.CommandLine;
using Attune.Problems;
using Attune.Runs;

namespace Attune.Cli.Commands;

/// <summary>
/// <c>attune chat</c>: a conversation in the terminal, or, where standard input is no terminal, one message a line.
/// Ctrl-C ends the answer that is being written; where none is, the program.
/// </summary>
internal static class ChatCommand
{
    private const string Help = "/reset begins anew · /system TEXT sets the system message and begins anew · /quit ends";

    public static Command Create(CommandHost host)
    {
        var (model, sampling) = (new ModelArguments(), new SamplingArguments());
        var system = new Option<string>("--system") { Description = "A system message.", HelpName = "text" };
        var command = sampling.AddTo(model.AddTo(new Command("chat", "Talks with a model that has a chat template; answers appear as they are written.")));
        command.Options.Add(system);
        return host.Bind(command, c =>
        {
            using var loaded = model.Open(c);
            if (loaded.Context.Template is null)
            {
                throw new UserErrorException(
                    $"--model {c.Get(model.Model)}", "has no chat template, so it does not know whose turn it is",
                    "give --template chatml (or a template file) if it was tuned with one; or go on with plain text: attune generate --model … --prompt …");
            }
            var options = sampling.Read(c, loaded.Context.Generation, loaded.Context.StopIds);
            c.Output.Say(Help);
            new Talk(c, new Conversation(loaded, options, c.Get(system))).Run();
            return ExitCode.Done;
        });
    }

    /// <summary>The loop of messages and answers.</summary>
    private sealed class Talk(CommandContext c, Conversation chat)
    {
        private CancellationTokenSource? answering;

        public void Run()
        {
            c.Output.Terminal.Interrupts.Take(EndAnswer);
            try
            {
                while (ReadLine() is { } line && Take(line.Trim()))
                {
                }
            }
            finally
            {
                c.Output.Terminal.Interrupts.Take(null);
            }
            if (c.Output.IsJson)
                c.Output.Result(Write, static _ => { });
        }

        private bool EndAnswer()
        {
            if (answering is not { IsCancellationRequested: false } running)
                return false;
            running.Cancel();
            return true;
        }

        // On a thread of its own: reading a line cannot be cancelled, waiting for it can.
        private string? ReadLine()
        {
            if (c.Output.Terminal.OutIsPerson)
                c.Output.Terminal.Error.Write("» ");
            return Task.Run(c.Output.Terminal.In.ReadLine).WaitAsync(c.Stop).GetAwaiter().GetResult();
        }

        /// <summary>Does what a line says; false to end.</summary>
        private bool Take(string line)
        {
            switch (line)
            {
                case "":
                    return true;
                case "/quit" or "/exit":
                    return false;
                case "/reset":
                    chat.Begin(chat.System);
                    c.Output.Say("a new conversation");
                    return true;
                case ['/', ..]:
                    return Special(line);
                default:
                    Answer(line);
                    return true;
            }
        }

        private bool Special(string line)
        {
            if (line == "/system" || line.StartsWith("/system ", StringComparison.Ordinal))
            {
                chat.Begin(line["/system".Length..].Trim() is { Length: > 0 } text ? text : null);
                c.Output.Say(chat.System is null ? "a new conversation without a system message" : "a new conversation with this system message");
            }
            else
                c.Output.Say(Help);
            return true;
        }

        private void Answer(string message)
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(c.Stop);
            answering = ends;
            try
            {
                var left = chat.Say(message, c.Output.IsJson ? null : c.Output.Piece, ends.Token);
                if (left > 0)
                    c.Output.Say($"(the model's {chat.Positions} positions are full: the oldest {left} messages were left out)");
            }
            catch (OperationCanceledException) when (!c.Stop.IsCancellationRequested)
            {
                c.Output.Say("\n(ended)");
            }
            catch (UserErrorException e) when (c.Output.Terminal.OutIsPerson)
            {
                // A message that is too long, or that the template refuses, is no reason to end a person's conversation.
                ErrorBoundary.Say(c.Output, e.Problems, ExitCode.WrongInput);
            }
            finally
            {
                answering = null;
            }
            if (!c.Output.IsJson)
                c.Output.TextLine("");
        }

        private void Write(System.Text.Json.Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteStartArray("messages");
            foreach (var message in chat.Messages)
            {
                json.WriteStartObject();
                json.WriteString("role", message.Role);
                json.WriteString("content", message.Content);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
