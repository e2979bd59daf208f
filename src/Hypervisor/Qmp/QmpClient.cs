using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using KataActors.Linux;

namespace KataActors.Hypervisor.Qmp;

/// <summary>
/// A connection to QEMU's monitor. Many commands may be in flight; replies are matched by id. Each command has a deadline, and the end of
/// the connection fails all open ones. Owns its socket; <see cref="DisposeAsync"/> closes it. QEMU talks to one client at a time: a
/// second one waits for its greeting until the first has gone.
/// </summary>
public sealed class QmpClient : IAsyncDisposable
{
    private readonly NetworkStream _stream;
    private readonly QmpLineReader _lines;
    private readonly Action<QmpEvent> _onEvent;
    private readonly ConcurrentDictionary<long, Pending> _pending = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource<QmpException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private long _lastId;

    private QmpClient(Socket socket, Action<QmpEvent> onEvent)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _lines = new QmpLineReader(_stream);
        _onEvent = onEvent;
    }

    /// <summary>Completes when the connection has ended, with the reason; never fails.</summary>
    public Task<QmpException> Closed => _closed.Task;

    /// <summary>Connects, takes the greeting and negotiates capabilities, all within <paramref name="timeout"/>.</summary>
    /// <param name="path">The monitor's socket.</param>
    /// <param name="onEvent">Called for each event, one at a time, off the caller's thread. It must not block.</param>
    /// <param name="timeout">For all of these steps.</param>
    /// <param name="cancellation">Gives up at once.</param>
    /// <exception cref="QmpException">No monitor answers there.</exception>
    public static async Task<QmpClient> ConnectAsync(
        string path, Action<QmpEvent> onEvent, TimeSpan timeout, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        QmpClient? client = null;
        try
        {
            client = new QmpClient(await UnixSockets.ConnectAsync(path, timeout, deadline.Token).ConfigureAwait(false), onEvent);
            await client.ExpectGreetingAsync(deadline.Token).ConfigureAwait(false);
            client._reading = client.ReadAsync();
            await client.ExecuteAsync("qmp_capabilities", null, timeout, deadline.Token).ConfigureAwait(false);
            var connected = client;
            client = null;
            return connected;
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new QmpException(QmpFailureKind.TimedOut, "connect", $"no greeting on \"{path}\" within {timeout.TotalSeconds} s");
        }
        catch (LinuxException e)
        {
            throw new QmpException(QmpFailureKind.Closed, e.Call, $"\"{path}\": {LinuxException.Describe(e.Errno)}", e);
        }
        catch (IOException e)
        {
            throw new QmpException(QmpFailureKind.Closed, "connect", $"\"{path}\": {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new QmpException(QmpFailureKind.Malformed, "connect", $"\"{path}\": {e.Message}", e);
        }
        finally
        {
            if (client is not null)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Runs a command and returns its result.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="arguments">Writes the members of <c>arguments</c>; null for none.</param>
    /// <param name="timeout">How long to wait for the reply.</param>
    /// <param name="cancellation">Ends the wait; the command may still take effect.</param>
    /// <exception cref="QmpException">It failed; see <see cref="QmpFailureKind"/>.</exception>
    public Task<JsonElement> ExecuteAsync(
        string command, Action<Utf8JsonWriter>? arguments, TimeSpan timeout, CancellationToken cancellation) =>
        ExecuteAsync(command, arguments, null, timeout, cancellation);

    /// <summary>Runs a command that takes a descriptor, which the caller still owns.</summary>
    internal async Task<JsonElement> ExecuteAsync(
        string command, Action<Utf8JsonWriter>? arguments, SafeHandle? descriptor, TimeSpan timeout, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var pending = new Pending(command);
        _pending[id] = pending;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        try
        {
            ThrowIfClosed(command);
            await WriteAsync(QmpMessage.Command(command, id, arguments), descriptor, deadline.Token).ConfigureAwait(false);
            return await pending.Reply.Task.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            ThrowIfClosed(command);
            throw new QmpException(QmpFailureKind.TimedOut, command, $"no reply within {timeout.TotalSeconds} s");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or LinuxException)
        {
            Close(new QmpException(QmpFailureKind.Closed, command, e.Message, e));
            throw new QmpException(QmpFailureKind.Closed, command, e.Message, e);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Closes the connection and fails the open commands.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(new QmpException(QmpFailureKind.Closed, "close", "the connection was closed"));
        await _disposed.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ExpectGreetingAsync(CancellationToken cancellation)
    {
        var line = await _lines.ReadLineAsync(cancellation).ConfigureAwait(false)
            ?? throw new IOException("the connection ended before the greeting");
        if (QmpMessage.Parse(line) is not QmpMessage.Greeting)
        {
            throw new InvalidDataException("the first message is not a greeting");
        }
    }

    private async Task ReadAsync()
    {
        var reason = new QmpException(QmpFailureKind.Closed, "read", "the connection ended");
        try
        {
            while (await _lines.ReadLineAsync(_disposed.Token).ConfigureAwait(false) is { } line)
            {
                Dispatch(QmpMessage.Parse(line));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            reason = new QmpException(QmpFailureKind.Closed, "read", e.Message, e);
        }
        catch (InvalidDataException e)
        {
            reason = new QmpException(QmpFailureKind.Malformed, "read", e.Message, e);
        }
        finally
        {
            Close(reason);
        }
    }

    // A reply without an open command came after its deadline; it is dropped.
    private void Dispatch(QmpMessage message)
    {
        switch (message)
        {
            case QmpMessage.Event { Value: var value }:
                _onEvent(value);
                break;
            case QmpMessage.Result result when _pending.TryRemove(result.Id, out var pending):
                pending.Reply.TrySetResult(result.Value);
                break;
            case QmpMessage.Error error when _pending.TryRemove(error.Id, out var pending):
                pending.Reply.TrySetException(new QmpException(error.ErrorClass, pending.Command, error.Description));
                break;
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> line, SafeHandle? descriptor, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (descriptor is null)
            {
                await _stream.WriteAsync(line, cancellation).ConfigureAwait(false);
            }
            else
            {
                await DescriptorPassing.SendAsync(_stream.Socket.SafeHandle, line, [descriptor], cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Part of the line may be sent: QEMU would not understand any further line.
            Close(new QmpException(QmpFailureKind.Closed, "write", "a command could not be written completely"));
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Close(QmpException reason)
    {
        if (!_closed.TrySetResult(reason))
        {
            return;
        }

        _stream.Socket.Close();
        foreach (var id in _pending.Keys)
        {
            if (_pending.TryRemove(id, out var pending))
            {
                pending.Reply.TrySetException(new QmpException(reason.Kind, pending.Command, reason.Description, reason));
            }
        }
    }

    private void ThrowIfClosed(string command)
    {
        if (_closed.Task.IsCompleted)
        {
            var reason = _closed.Task.Result;
            throw new QmpException(reason.Kind, command, reason.Description, reason);
        }
    }

    private sealed record Pending(string Command)
    {
        public TaskCompletionSource<JsonElement> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
