using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <content>Saving a VM as a template, and waking up as a clone of one.</content>
public sealed partial class HypervisorActor
{
    private const string Completed = "completed";

    // A VM is saved or restored once in its life; the monitor's event gives the outcome.
    private readonly TaskCompletionSource<string> _migrated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool IsClone(VmConfig config) => config.Template is { Use: TemplateUse.Clone };

    private void Restore()
    {
        var state = _config!.Template!.StateFile;
        RunAsync(
            async (monitor, cancellation) =>
            {
                await monitor.RestoreAsync(state, _settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
                return new RestoreEnded(await MigrationProblemAsync($"reading the vm's state from \"{state}\"", monitor, cancellation).ConfigureAwait(false));
            },
            problem => new RestoreEnded(problem)).PipeTo(Self);
    }

    private void Save(HypervisorProtocol.SaveTemplate save)
    {
        if (_config!.Template is not { Use: TemplateUse.Make } template)
        {
            Sender.Tell(new HypervisorFailure(save, new(FailureCode.FailedPrecondition, "the vm was not started to become a template")));
            return;
        }

        Ask(save, async (monitor, cancellation) =>
        {
            await monitor.SaveAsync(template.StateFile, _settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
            return await MigrationProblemAsync($"writing the vm's state to \"{template.StateFile}\"", monitor, cancellation).ConfigureAwait(false) is { } problem
                ? new HypervisorFailure(save, problem)
                : new HypervisorProtocol.TemplateSaved();
        });
    }

    // Null on success.
    private async Task<Failure?> MigrationProblemAsync(string migration, QmpClient monitor, CancellationToken cancellation)
    {
        try
        {
            var lost = monitor.Closed;
            var first = await Task.WhenAny(_migrated.Task, lost).WaitAsync(_settings.MigrationTimeout, cancellation).ConfigureAwait(false);
            if (first == lost)
            {
                return new Failure(FailureCode.Unavailable, $"{migration}: the monitor was lost: {lost.Result.Message}");
            }
        }
        catch (TimeoutException)
        {
            return new Failure(FailureCode.DeadlineExceeded, $"{migration}: not done within {_settings.MigrationTimeout.TotalSeconds} s");
        }

        return await _migrated.Task.ConfigureAwait(false) == Completed
            ? null
            : new Failure(
                FailureCode.Internal,
                $"{migration}: {await monitor.QueryMigrationErrorAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false)}");
    }

    private void HearMigration(QmpEvent monitorEvent)
    {
        if (monitorEvent is { Name: "MIGRATION" } && monitorEvent.Text("status") is Completed or "failed" or "cancelled")
        {
            _migrated.TrySetResult(monitorEvent.Text("status")!);
        }
    }

    private void TellRestored(RestoreEnded ended)
    {
        if (ended.Failure is not { } failure)
        {
            Context.Parent.Tell(new HypervisorProtocol.Restored());
            return;
        }

        _log.Warning("the clone could not be restored: {0}", failure.Message);
        Context.Parent.Tell(new HypervisorProtocol.RestoreFailed(failure.Message));
    }

    private sealed record RestoreEnded(Failure? Failure);
}
