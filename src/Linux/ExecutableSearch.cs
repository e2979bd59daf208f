namespace KataActors.Linux;

/// <summary>The program of a container cannot be executed; the message has runc's wording, which callers look for.</summary>
public sealed class ExecutableException(string message, int exitCode) : Exception(message)
{
    /// <summary>The exit code of a shell when there is no such program.</summary>
    public const int NotFound = 127;

    /// <summary>The exit code of a shell when there is one that may not be executed.</summary>
    public const int NotExecutable = 126;

    /// <summary>The exit code of a shell in this case.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>The search for a container's program by its name, as runc's (LookPath of Go's package os/exec).</summary>
public static class ExecutableSearch
{
    private const string Variable = "PATH=";

    /// <summary>The paths to try, in this order: the name itself when it has a slash, else one in each folder of the last PATH.</summary>
    public static IEnumerable<string> Candidates(string name, IEnumerable<string> environment)
    {
        if (name.Contains('/'))
        {
            return [name];
        }

        var path = environment.LastOrDefault(entry => entry.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..] ?? "";

        // An empty element means the working directory, which is not searched.
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => $"{folder}/{name}");
    }

    /// <summary>The failure when no candidate may be executed.</summary>
    /// <param name="name">The program's name.</param>
    /// <param name="error">Why the candidate may not be executed; counts only for a name with a slash.</param>
    public static ExecutableException Failure(string name, int error) =>
        !name.Contains('/') ? new($"exec: \"{name}\": executable file not found in $PATH", ExecutableException.NotFound)
        : error is Errno.ENOENT or Errno.ENOTDIR ? new($"exec: \"{name}\": stat {name}: {LinuxException.Describe(error)}", ExecutableException.NotFound)
        // Of a folder as runc 1.1: docker takes the exit code 126 from these words.
        : new($"exec: \"{name}\": {LinuxException.Describe(error == Errno.EISDIR ? Errno.EACCES : error)}", ExecutableException.NotExecutable);
}
