using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.StandIn;
using KataActors.Linux;
using KataActors.Protocol.Control;

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
        command.Does(global, async (parsed, context) =>
        {
            var creation = options.Read(parsed, context);
            var detached = parsed.GetValue(detach);
            // Taken before there is a container, so that none of them ends this command and leaves it behind.
            using var signals = detached ? null : new SignalReader(SignalReader.Forwardable);
            using var standIn = await creation.RunAsync(default).ConfigureAwait(false);
            await StartAsync(context, creation, standIn).ConfigureAwait(false);
            if (detached)
            {
                return 0;
            }

            var code = await standIn.WaitForwardingAsync(signals!).ConfigureAwait(false);
            if (!parsed.GetValue(keep))
            {
                await DeleteAsync(context, creation).ConfigureAwait(false);
            }

            return code;
        });
        return command;
    }

    private static async Task StartAsync(CommandContext context, ContainerCreation creation, StandInProcess standIn)
    {
        try
        {
            await using var daemon = await context.ConnectAsync().ConfigureAwait(false);
            await daemon.Control.StartAsync(new StartRequest { Container = creation.Reference }, Deadlines.Change, default).ConfigureAwait(false);
        }
        catch
        {
            await creation.UndoAsync(standIn).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task DeleteAsync(CommandContext context, ContainerCreation creation)
    {
        await using var daemon = await context.ConnectAsync().ConfigureAwait(false);
        var request = new DeleteRequest { Container = creation.Reference, Force = true };
        await daemon.Control.DeleteAsync(request, Deadlines.Change, default).ConfigureAwait(false);
    }
}
