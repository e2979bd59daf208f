namespace KataActors.Hypervisor.Qmp;

/// <summary>Why a monitor command failed.</summary>
public enum QmpFailureKind
{
    /// <summary>QEMU answered with an error.</summary>
    CommandFailed,

    /// <summary>No answer within the deadline. The command may still take effect.</summary>
    TimedOut,

    /// <summary>The connection could not be made, or ended.</summary>
    Closed,

    /// <summary>The received data is not QMP, or not an answer to the command. The connection is given up.</summary>
    Malformed,
}

/// <summary>A failed monitor command or connection.</summary>
public sealed class QmpException : Exception
{
    /// <summary>A failure of the connection, or of one command.</summary>
    public QmpException(QmpFailureKind kind, string command, string description, Exception? cause = null)
        : base($"{command}: {description}", cause)
    {
        Kind = kind;
        Command = command;
        Description = description;
    }

    /// <summary>An error answer of QEMU.</summary>
    public QmpException(string errorClass, string command, string description)
        : this(QmpFailureKind.CommandFailed, command, description)
    {
        ErrorClass = errorClass;
    }

    /// <summary>Why.</summary>
    public QmpFailureKind Kind { get; }

    /// <summary>QEMU's error class, such as <c>GenericError</c>; empty unless <see cref="Kind"/> is <see cref="QmpFailureKind.CommandFailed"/>.</summary>
    public string ErrorClass { get; } = "";

    /// <summary>The command, or the step of connecting, that failed.</summary>
    public string Command { get; }

    /// <summary>The cause in words.</summary>
    public string Description { get; }
}
