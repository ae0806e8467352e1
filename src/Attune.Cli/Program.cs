using System.Runtime.InteropServices;
using Attune.Cli;

var terminal = Terminal.OfProcess();
using var stop = new CancellationTokenSource();

// The first Ctrl-C (or a polite kill) lets the step finish and the checkpoint be written; the second ends the process at once.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    if (signal.Signal == PosixSignal.SIGINT && terminal.Interrupts.TryHandle())
        return;
    if (stop.IsCancellationRequested)
        Environment.Exit(ExitCode.Stopped);
    terminal.Error.WriteLine("\nstopping after this step (again: at once)");
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new Shell(terminal).RunAsync(args, stop.Token);
