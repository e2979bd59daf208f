using KataActors.Cli.Daemon;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli;

/// <summary>The requests that change an existing container, each with the way to find out its outcome after the daemon's death.</summary>
internal static class ContainerRequests
{
    /// <summary>
    /// Starts it. After the daemon's death, a container that was started before is a success, and a start that failed before is a failure. Returns the
    /// container, when it may have poststart hooks.
    /// </summary>
    public static Container? Start(DaemonSession daemon, ContainerRef container)
    {
        return daemon.Call(Send, Conclude).Hooked;

        StartResponse Send(DaemonConnection connection) =>
            connection.Call(ControlServiceNames.Start, new StartRequest { Container = container }, StartResponse.Parser, Deadlines.Start);

        StartResponse Conclude(DaemonConnection connection) => Outcome(connection) ?? SendAgain(connection);

        // The successor may hear of an end that came before the daemon's death only between the two requests.
        StartResponse SendAgain(DaemonConnection connection)
        {
            try
            {
                return Send(connection);
            }
            catch (TtrpcException failure) when (failure.Code == StatusCode.FailedPrecondition)
            {
                if (Outcome(connection) is { } outcome)
                {
                    return outcome;
                }

                throw;
            }
        }

        // Null: it is not started yet.
        StartResponse? Outcome(DaemonConnection connection) => State(connection, container) switch
        {
            { Status: "creating" or "created" } => null,
            { Status: "stopped", Reason: { Length: > 0 } reason } => throw new CommandFailure($"cannot start container \"{container.Id}\": {reason}"),
            var started => new StartResponse { Hooked = started },
        };
    }

    /// <summary>
    /// Sends a signal, and repeats it after a daemon's death, so it may arrive twice. A container that has stopped meanwhile, or is gone, counts as signalled.
    /// </summary>
    public static void Kill(DaemonSession daemon, KillRequest request)
    {
        daemon.Call(Send, Conclude);

        KillResponse Send(DaemonConnection connection) => connection.Call(ControlServiceNames.Kill, request, KillResponse.Parser, Deadlines.Change);

        KillResponse Conclude(DaemonConnection connection)
        {
            try
            {
                return Send(connection);
            }
            catch (TtrpcException failure) when (failure.Code is StatusCode.FailedPrecondition or StatusCode.NotFound && request.Signal != 0)
            {
                return new KillResponse();
            }
        }
    }

    /// <summary>Sets the size of a terminal.</summary>
    public static void Resize(DaemonSession daemon, ResizeTerminalRequest request) =>
        daemon.Call(connection => connection.Call(ControlServiceNames.ResizeTerminal, request, ResizeTerminalResponse.Parser, Deadlines.Change));

    /// <summary>Pauses it. After the daemon's death, a container that is paused is a success.</summary>
    public static void Pause(DaemonSession daemon, ContainerRef container) => SetPaused(
        daemon, container, connection => connection.Call(ControlServiceNames.Pause, new PauseRequest { Container = container }, PauseResponse.Parser, Deadlines.Change), isPaused: true);

    /// <summary>Resumes it. After the daemon's death, a container that exists and is not paused is a success.</summary>
    public static void Resume(DaemonSession daemon, ContainerRef container) => SetPaused(
        daemon, container, connection => connection.Call(ControlServiceNames.Resume, new ResumeRequest { Container = container }, ResumeResponse.Parser, Deadlines.Change), isPaused: false);

    /// <summary>Removes it. After a daemon's death, a container that is gone counts as removed.</summary>
    public static void Delete(DaemonSession daemon, ContainerRef container, bool force)
    {
        daemon.Call(Send, Conclude);

        DeleteResponse Send(DaemonConnection connection) =>
            connection.Call(ControlServiceNames.Delete, new DeleteRequest { Container = container, Force = force }, DeleteResponse.Parser, Deadlines.Change);

        DeleteResponse Conclude(DaemonConnection connection)
        {
            try
            {
                return Send(connection);
            }
            catch (TtrpcException failure) when (failure.Code == StatusCode.NotFound)
            {
                return new DeleteResponse();
            }
        }
    }

    private static void SetPaused<T>(DaemonSession daemon, ContainerRef container, Func<DaemonConnection, T> send, bool isPaused)
        where T : class
    {
        daemon.Call<T?>(send, connection =>
        {
            try
            {
                return send(connection);
            }
            catch (TtrpcException failure) when (failure.Code == StatusCode.FailedPrecondition && IsSet(State(connection, container).Status))
            {
                return null;
            }
        });

        bool IsSet(string status) => isPaused ? status == "paused" : status is "created" or "running";
    }

    /// <summary>The daemon's record of it.</summary>
    /// <exception cref="TtrpcException">NotFound: the daemon does not know it.</exception>
    public static Container State(DaemonConnection daemon, ContainerRef container) =>
        daemon.Call(ControlServiceNames.State, new StateRequest { Container = container }, StateResponse.Parser, Deadlines.Query).Container;
}
