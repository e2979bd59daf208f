using System.CommandLine;
using KataActors.Cli.Hooks;
using KataActors.Cli.Output;
using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Commands;

/// <summary><c>run ID</c>: create and start; unless detached also waits, deletes, and ends with the container's exit code.</summary>
internal static class RunCommand
{
    public static Command Build(GlobalOptions global)
    {
        var options = new CreateOptions();
        var detach = CommandParts.Flag("--detach", "do not wait for the container's process", "-d");
        var keep = CommandParts.Flag("--keep", "do not delete the container when its process has ended");
        var command = new Command("run", "create and start a container") { detach, keep };
        options.AddTo(command);
        command.Options.Add(CommandParts.Flag("--no-subreaper", "accepted and without effect"));
        command.Does(global, (parsed, context) =>
        {
            var detached = parsed.GetValue(detach);
            using var creation = options.Read(parsed, context, detached);
            // Taken before the container exists, so that no signal ends this command and leaves the container behind.
            using var signals = detached ? null : new SignalReader(StandInProcess.ForwardedSignals);
            using var standIn = creation.Run();
            Start(context, creation, standIn);
            if (detached)
            {
                return 0;
            }

            var code = standIn.WaitForwardingAsync(signals!).GetAwaiter().GetResult();
            creation.Dispose();
            if (!parsed.GetValue(keep))
            {
                Delete(context, creation);
            }

            return code;
        });
        return command;
    }

    private static void Start(CommandContext context, ContainerCreation creation, StandInProcess standIn)
    {
        try
        {
            creation.Terminal?.Attend();
            HookedRequests.Start(context, creation.Reference);
        }
        catch
        {
            creation.Undo(standIn);
            throw;
        }
    }

    // A failure is only reported: the caller waits for the process's exit code.
    private static void Delete(CommandContext context, ContainerCreation creation)
    {
        try
        {
            HookedRequests.Delete(context, creation.Reference, force: true);
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            ErrorReport.Write(failure, context.Log);
        }
    }
}
