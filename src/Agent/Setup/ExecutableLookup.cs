using KataActors.Linux;

namespace KataActors.Agent.Setup;

/// <summary>A program that cannot be executed, in the words that runc's users know.</summary>
internal sealed class ExecutableException(string message, int exitCode) : Exception(message)
{
    internal const int NotFound = 127;
    internal const int NotExecutable = 126;

    /// <summary>The exit code that a shell would give.</summary>
    internal int ExitCode { get; } = exitCode;
}

/// <summary>
/// The program of a container, by PATH, unless its name has a slash. It is executed rather than looked for, because on a shared file system each look at a
/// path costs the host's answers; only when nothing could be executed is it looked at why. As with execvp(3), a file whose interpreter is missing is
/// passed over when there is another one of the name.
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
                // It is there: what it needs to run is not.
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

        // An empty element means the working directory, which nobody wants to search.
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
