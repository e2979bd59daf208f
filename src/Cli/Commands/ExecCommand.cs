using System.CommandLine;
using KataActors.Linux;

namespace KataActors.Cli.Commands;

/// <summary><c>exec ID COMMAND</c>: adds a process to a running container; unless detached also waits, and ends with the process's exit code.</summary>
internal static class ExecCommand
{
    public const string Name = "exec";

    // As runc: callers take their own codes, 126 and 127, from the message.
    private const int Failed = 255;

    public static Command Build(GlobalOptions global)
    {
        var options = new ExecOptions();
        var detach = CommandParts.Flag("--detach", "do not wait for the process", "-d");
        var command = new Command(Name, "run one more process in a running container") { detach };
        options.AddTo(command);
        command.Does(global, (parsed, context) =>
        {
            try
            {
                using var exec = options.Read(parsed, context, parsed.GetValue(detach));
                // Taken before the process exists, so that no signal ends this command and leaves the process behind.
                using var signals = parsed.GetValue(detach) ? null : new SignalReader(StandInProcess.ForwardedSignals);
                using var standIn = exec.Run();
                return signals is null ? 0 : standIn.WaitForwardingAsync(signals).GetAwaiter().GetResult();
            }
            catch (Exception failure) when (failure is not CommandFailure { ExitCode: CommandFailure.Usage })
            {
                throw new CommandFailure($"exec failed: {failure.Message}", Failed, failure);
            }
        });
        return command;
    }
}
