using System.CommandLine;
using Attune.Problems;

namespace Attune.Cli.Commands;

/// <summary>
/// <c>attune completion SHELL</c>: a script by which the shell asks the program itself what may follow (System.CommandLine's
/// <c>[suggest:position]</c>), so that it never falls behind the commands.
/// </summary>
internal static class CompletionCommand
{
    private static readonly (string Shell, string Script)[] Scripts =
    [
        ("bash", """
            # attune completion bash >> ~/.bashrc
            _attune_complete() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(attune "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _attune_complete attune
            """),
        ("zsh", """
            # attune completion zsh >> ~/.zshrc, behind compinit
            _attune_complete() {
              local -a words_found
              words_found=("${(@f)$(attune "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
              compadd -a words_found
              _files
            }
            compdef _attune_complete attune
            """),
        ("fish", """
            # attune completion fish > ~/.config/fish/completions/attune.fish
            complete -c attune -a '(attune "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
            """),
        ("pwsh", """
            # attune completion pwsh >> $PROFILE
            Register-ArgumentCompleter -Native -CommandName attune -ScriptBlock {
              param($word, $line, $position)
              attune "[suggest:$position]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
              }
            }
            """),
    ];

    public static Command Create(CommandHost host)
    {
        var names = string.Join(", ", Scripts.Select(static s => s.Shell));
        var shell = new Argument<string>("shell") { Description = $"One of {names}." };
        shell.CompletionSources.Add([.. Scripts.Select(static s => s.Shell)]);
        return host.Bind(new Command("completion", "Prints a script that teaches a shell to complete commands and options.") { shell }, c =>
        {
            var asked = c.Get(shell)!;
            if (Scripts.FirstOrDefault(s => s.Shell == asked).Script is not { } script)
                throw new UserErrorException($"completion {asked}", $"expected one of {names}", Nearest.To(asked, Scripts.Select(static s => s.Shell)) is { } near ? $"did you mean {near}?" : "choose one of them");
            c.Output.Result(
                json =>
                {
                    json.WriteStartObject();
                    json.WriteString("script", script);
                    json.WriteEndObject();
                },
                console => console.Plain().WriteLine(script));
            return ExitCode.Done;
        });
    }
}
