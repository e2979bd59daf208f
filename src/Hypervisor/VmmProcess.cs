using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>
/// A running or ended QEMU: the handles to watch it, signal it, and report how it died. Owns a pidfd and the log's descriptor.
/// Disposing closes them and does not touch the process.
/// </summary>
public sealed class VmmProcess : IDisposable
{
    private readonly VmmLog? _log;

    /// <param name="identity">The process.</param>
    /// <param name="pidfd">Its handle, owned from now on.</param>
    /// <param name="log">Its stderr, owned from now on; null when it is not known.</param>
    public VmmProcess(ProcessIdentity identity, Pidfd pidfd, VmmLog? log)
    {
        Identity = identity;
        Pidfd = pidfd;
        _log = log;
    }

    /// <summary>The process.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Its handle.</summary>
    public Pidfd Pidfd { get; }

    /// <summary>The last line of its stderr; null when there is none.</summary>
    public string? LastLogLine() => _log?.LastLine();

    /// <summary>Copies its stderr to a file.</summary>
    public void SaveLog(string path) => _log?.Save(path);

    /// <inheritdoc/>
    public void Dispose()
    {
        Pidfd.Dispose();
        _log?.Dispose();
    }
}
