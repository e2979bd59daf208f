using Google.Protobuf;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Gateway;

/// <summary>Checks the parts of requests. An error is thrown as the caller's answer.</summary>
internal static class Requests
{
    /// <summary>Most bytes of output or input that one call carries.</summary>
    public const int MaxChunk = 1024 * 1024;

    private const int MaxPath = 4096;
    private const int LastSignal = 64;
    private const int ProcessIdLength = 32;
    private const uint LongestPollMs = 60_000;

    /// <summary>The container that a request names.</summary>
    public static ContainerKey Key(ContainerRef? container) =>
        container is null ? throw Invalid("request names no container") : Key(container.Root, container.Id);

    /// <summary>An id within the id space of a root.</summary>
    public static ContainerKey Key(string root, string id)
    {
        CheckPath("root", root);
        return ContainerId.TryParse(id, out var parsed, out var error) ? new ContainerKey(root, parsed.Value) : throw Invalid(error);
    }

    /// <summary>An absolute path; it is only compared or shown.</summary>
    public static string CheckPath(string name, string path)
    {
        if (path.Length is 0 or > MaxPath || path[0] != '/' || path.Contains('\0'))
        {
            throw Invalid($"{name} \"{Shown(path)}\" is not an absolute path of at most {MaxPath} characters");
        }

        return path;
    }

    /// <summary>The process that a request names; empty for the container's first one.</summary>
    public static string Process(string id) => id.Length == 0 ? id : ProcessId(id);

    /// <summary>A command that adds a process.</summary>
    public static SandboxCommands.Exec Exec(ExecRequest request)
    {
        var key = Key(request.Container);
        return ProcessParser.TryParse(request.Spec.Memory, out _, out var error)
            ? new SandboxCommands.Exec(key, new ExecRecord(ProcessId(request.Process), StandIn("exec", key, request.StandIn), request.Spec))
            : throw Refusal(error);
    }

    /// <summary>The stand-in that a request names.</summary>
    public static ProcessIdentity StandIn(string verb, ContainerKey key, ProcessRef? standIn) => standIn is { Pid: > 0, StartTime: > 0 }
        ? new ProcessIdentity(standIn.Pid, standIn.StartTime)
        : throw Invalid($"{verb} of \"{key}\" names no stand-in process");

    /// <summary>A signal of signal(7), or 0, which is only checked (kill(2)).</summary>
    public static int Signal(uint number) =>
        number <= LastSignal ? (int)number : throw Invalid($"signal {number} is not between 0 and {LastSignal}");

    /// <summary>A terminal's size in characters, rows first.</summary>
    public static (ushort Rows, ushort Columns) Size(ResizeTerminalRequest request) => request is { Rows: <= ushort.MaxValue, Columns: <= ushort.MaxValue }
        ? ((ushort)request.Rows, (ushort)request.Columns)
        : throw Invalid($"terminal size {request.Rows}x{request.Columns} is above {ushort.MaxValue}");

    /// <summary>A change of limits.</summary>
    public static ResourcesSpec Resources(ByteString document) =>
        ResourcesUpdate.TryParse(document.Memory, out var change, out var error) ? change : throw Invalid(error.Message);

    /// <summary>The caller's wait, within bounds; a caller that wants to wait longer asks again.</summary>
    public static TimeSpan Poll(uint milliseconds) => TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestPollMs));

    /// <summary>The answer to an invalid request.</summary>
    public static TtrpcException Invalid(string message) => new(StatusCode.InvalidArgument, message);

    /// <summary>The answer to a request with a wrong or unsupported document.</summary>
    public static TtrpcException Refusal(SpecError error) =>
        new(error.Kind == SpecErrorKind.Unsupported ? StatusCode.Unimplemented : StatusCode.InvalidArgument, error.Message);

    private static string ProcessId(string id) => id.Length == ProcessIdLength && id.All(char.IsAsciiHexDigitLower)
        ? id
        : throw Invalid($"process id \"{Shown(id)}\" does not consist of {ProcessIdLength} hexadecimal digits");

    private static string Shown(string text) => text[..Math.Min(text.Length, 64)].Replace("\0", "\\0", StringComparison.Ordinal);
}
