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

// A file that may not grow further (ulimit -f) is an error of that write, with its message and its exit code, not the process's sudden end.
const PosixSignal FileSizeExceeded = (PosixSignal)25;
using var fileSize = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(FileSizeExceeded, static signal => signal.Cancel = true);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new Shell(terminal).RunAsync(args, stop.Token);
