using KataActors.Linux;

namespace KataActors.Agent.Setup;

/// <summary>The program cannot be executed; the message has runc's wording.</summary>
internal sealed class ExecutableException(string message, int exitCode) : Exception(message)
{
    internal const int NotFound = 127;
    internal const int NotExecutable = 126;

    /// <summary>The exit code of a shell in this case.</summary>
    internal int ExitCode { get; } = exitCode;
}

/// <summary>
/// The program of a container, by PATH unless its name has a slash. Each path is executed without a lookup before, because on a shared file system a lookup
/// costs requests to the host; the cause is looked up only after every path has failed. As in execvp(3), a file with a missing interpreter is skipped when a
/// later folder has a program of the same name.
/// </summary>
/// <param name="execute">Becomes the program, or returns an error number.</param>
/// <param name="check">Tells whether a path is a file that may be executed: 0, or an error number.</param>
internal sealed class ExecutableLookup(Func<string, int> execute, Func<string, int> check)
{
    /// <summary>Becomes the program; returns why it could not.</summary>
    internal ExecutableException Execute(string name, IEnumerable<string> environment)
    {
        List<(string Path, int Error)> tried = [];
        foreach (var path in Candidates(name, environment))
        {
            var error = execute(path);
            if (error is not (Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES) && check(path) == 0)
            {
                return NotExecutable(path, error);
            }

            tried.Add((path, error));
        }

        return Explain(name, tried);
    }

    private ExecutableException Explain(string name, IEnumerable<(string Path, int Error)> tried)
    {
        foreach (var (path, error) in tried)
        {
            if (check(path) is var reason && reason == 0)
            {
                // The file exists, but its interpreter does not.
                return NotExecutable(path, error);
            }

            if (path == name)
            {
                return Explain(name, reason);
            }
        }

        return new ExecutableException($"exec: \"{name}\": executable file not found in $PATH", ExecutableException.NotFound);
    }

    private static IEnumerable<string> Candidates(string name, IEnumerable<string> environment)
    {
        if (name.Contains('/'))
        {
            return [name];
        }

        const string Variable = "PATH=";
        var path = environment.LastOrDefault(entry => entry.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..] ?? "";

        // An empty element means the working directory, which is not searched.
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => $"{folder}/{name}");
    }

    private static ExecutableException NotExecutable(string path, int error) =>
        new($"exec {path}: {LinuxException.Describe(error)}", ExecutableException.NotExecutable);

    private static ExecutableException Explain(string name, int error) => error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new($"exec: \"{name}\": stat {name}: {LinuxException.Describe(error)}", ExecutableException.NotFound),
        _ => new($"exec: \"{name}\": {LinuxException.Describe(error)}", ExecutableException.NotExecutable),
    };
}
