using System.Diagnostics;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>
/// The events of a container, from statistics that are asked for again and again. The guest counts the processes that it kills for lack of memory, also
/// the last ones before the container's end, so none goes unseen between two questions.
/// </summary>
internal sealed class ContainerEvents(CommandContext context, ContainerId id)
{
    // Statistics are printed seldom; an event should not wait for them.
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    private ulong _oomKills;
    private bool _isFailing;

    /// <summary>Prints the statistics.</summary>
    /// <exception cref="CommandFailure">The container does not run.</exception>
    public void PrintStats() => StandardOutput.Write(StatsJson.Stats(id.Value, Running().Stats));

    /// <summary>Prints the statistics after each interval, and the lacks of memory, until the container has ended.</summary>
    /// <exception cref="CommandFailure">It does not run.</exception>
    public void Follow(TimeSpan interval)
    {
        _oomKills = Running().Stats.MemoryStats?.OomKills ?? 0;
        var printed = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = interval - Stopwatch.GetElapsedTime(printed);
            Thread.Sleep(left < s_shortestPause ? s_shortestPause : left < s_longestPause ? left : s_longestPause);
            if (!TryAsk(out var response))
            {
                continue;
            }

            if (response.Stats is { } stats)
            {
                PrintLack(stats.MemoryStats?.OomKills ?? 0);
            }

            if (!IsRunning(response))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(printed) >= interval)
            {
                StandardOutput.Write(StatsJson.Stats(id.Value, response.Stats!));
                printed = Stopwatch.GetTimestamp();
            }
        }
    }

    private static bool IsRunning(StatsResponse response) => response is { Stats: not null, Status: "created" or "running" or "paused" };

    private void PrintLack(ulong kills)
    {
        if (kills > _oomKills)
        {
            StandardOutput.Write(StatsJson.Oom(id.Value));
        }

        _oomKills = kills;
    }

    private StatsResponse Running() => Ask() is var response && IsRunning(response) ? response : throw new CommandFailure($"container with id {id} is not running");

    // As runc, a stream goes on after a failure. A container that is gone has ended.
    private bool TryAsk(out StatsResponse response)
    {
        response = new StatsResponse { Status = "stopped" };
        try
        {
            response = Ask();
            _isFailing = false;
            return true;
        }
        catch (TtrpcException failure) when (failure.Code == StatusCode.NotFound)
        {
            return true;
        }
        catch (Exception failure) when (failure is TtrpcException or CommandFailure)
        {
            if (!_isFailing)
            {
                ErrorReport.Warn(failure.Message, context.Log);
            }

            _isFailing = true;
            Thread.Sleep(s_longestPause);
            return false;
        }
    }

    private StatsResponse Ask()
    {
        using var daemon = context.Daemon(Deadlines.Query);
        var request = new StatsRequest { Container = context.Reference(id) };
        return daemon.Call(connection => connection.Call(ControlServiceNames.Stats, request, StatsResponse.Parser, Deadlines.Query));
    }
}
