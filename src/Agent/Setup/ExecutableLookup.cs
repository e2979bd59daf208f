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

/// <summary>Finds the program of a container as a shell would: by PATH, unless its name has a slash.</summary>
/// <param name="check">Tells whether a path is a file that may be executed: 0, or an error number.</param>
internal sealed class ExecutableLookup(Func<string, int> check)
{
    internal string Find(string name, IEnumerable<string> environment)
    {
        if (name.Contains('/'))
        {
            return check(name) is var error and not 0 ? throw Explain(name, error) : name;
        }

        const string Variable = "PATH=";
        var path = environment.LastOrDefault(entry => entry.StartsWith(Variable, StringComparison.Ordinal))?[Variable.Length..] ?? "";
        foreach (var folder in path.Split(':'))
        {
            // An empty element means the working directory, which nobody wants to search.
            if (folder.Length > 0 && check($"{folder}/{name}") == 0)
            {
                return $"{folder}/{name}";
            }
        }

        throw new ExecutableException($"exec: \"{name}\": executable file not found in $PATH", ExecutableException.NotFound);
    }

    private static ExecutableException Explain(string name, int error) => error switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new($"exec: \"{name}\": stat {name}: {LinuxException.Describe(error)}", ExecutableException.NotFound),
        _ => new($"exec: \"{name}\": {LinuxException.Describe(error)}", ExecutableException.NotExecutable),
    };
}
