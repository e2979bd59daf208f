using Google.Protobuf;

namespace KataActors.Runtime.Agents;

/// <summary>Messages of an <see cref="AgentActor"/>.</summary>
internal static class AgentProtocol
{
    /// <summary>
    /// Connect to the agent, and reconnect after each loss. The parent gets <see cref="Connected"/> or <see cref="ConnectFailed"/>, and
    /// <see cref="Unreachable"/> when the agent is given up.
    /// </summary>
    /// <param name="SocketPath">The VMM's end of the agent channel.</param>
    /// <param name="Deadline">For the first answer.</param>
    /// <param name="Boots">The guest has just been started, or cloned with an idle channel: it answers the first try.</param>
    public sealed record Connect(string SocketPath, TimeSpan Deadline, bool Boots);

    /// <summary>Event for the parent: the agent answers.</summary>
    public sealed record Connected;

    /// <summary>Event for the parent: the agent did not answer in time.</summary>
    public sealed record ConnectFailed(Failure Failure);

    /// <summary>Event for the parent: the agent was given up after too many fruitless connections in a row. A new <see cref="Connect"/> starts over.</summary>
    /// <param name="Reason">The number of connections, and the cause of the last one's end.</param>
    public sealed record Unreachable(string Reason);

    /// <summary>Call the agent. Replies <see cref="Invoked"/> or <see cref="InvokeFailed"/> with the same token.</summary>
    /// <param name="Token">Returned with the answer; null when its address tells the calls apart, or no answer is needed.</param>
    /// <param name="Request">A request message of the agent's service.</param>
    /// <param name="Timeout">How long the call may take.</param>
    public sealed record Invoke(object? Token, IMessage Request, TimeSpan Timeout);

    /// <summary>The agent's answer.</summary>
    public sealed record Invoked(object? Token, IMessage Response);

    /// <summary>The call failed.</summary>
    public sealed record InvokeFailed(object? Token, Failure Failure);

    /// <summary>Read, or close, an output stream of a process of a container: of the first one by the container's own id. Replies <see cref="Sandboxes.SandboxQueries.OutputRead"/> or a <see cref="Failure"/>.</summary>
    public sealed record ReadStream(string GuestId, string Process, bool Stderr, ulong Offset, uint MaxBytes, TimeSpan Wait, bool Close = false);

    /// <summary>Offer input. Replies <see cref="Sandboxes.SandboxCommands.InputAccepted"/> or a <see cref="Failure"/>.</summary>
    public sealed record WriteStream(string GuestId, string Process, ulong Offset, ReadOnlyMemory<byte> Data);

    /// <summary>Close the input. Replies <see cref="Sandboxes.SandboxCommands.InputClosed"/> or a <see cref="Failure"/>.</summary>
    public sealed record CloseStream(string GuestId, string Process, ulong Offset);

    /// <summary>Set the size of a terminal. Replies <see cref="Sandboxes.SandboxCommands.TerminalResized"/> or a <see cref="Failure"/>.</summary>
    public sealed record ResizeTerminal(string GuestId, string Process, ushort Rows, ushort Columns);
}
