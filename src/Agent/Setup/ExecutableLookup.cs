using KataActors.Linux;

namespace KataActors.Agent.Setup;

/// <summary>
/// The program of a container, by PATH unless its name has a slash. Each path is executed without a check before, because on a shared file system a check
/// costs requests to the host; the cause is looked up only after every path has failed. As in execvp(3), a file with a missing interpreter is skipped when a
/// later folder has a program of the same name.
/// </summary>
/// <param name="execute">Becomes the program, or returns an error number.</param>
/// <param name="check">Tells whether a path is a file that may be executed: 0, or an error number.</param>
internal sealed class ExecutableLookup(Func<string, int> execute, Func<string, int> check)
{
    /// <summary>The path of the first program of this name in PATH, or the name if it is a path; to be tried first later. Null when there is none.</summary>
    /// <param name="name">The name.</param>
    /// <param name="environment">The environment, with PATH.</param>
    /// <param name="isProgram">Tells whether a path is a file that may be executed.</param>
    internal static string? Find(string name, IEnumerable<string> environment, Func<string, bool> isProgram) =>
        ExecutableSearch.Candidates(name, environment).FirstOrDefault(isProgram);

    /// <summary>Becomes the program; returns why it could not.</summary>
    internal ExecutableException Execute(string name, IEnumerable<string> environment, string? found = null)
    {
        List<(string Path, int Error)> tried = [];
        var candidates = ExecutableSearch.Candidates(name, environment);
        foreach (var path in found is null ? candidates : candidates.Prepend(found))
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
        var reason = Errno.ENOENT;
        foreach (var (path, error) in tried)
        {
            reason = check(path);
            if (reason == 0)
            {
                // The file exists, but its interpreter does not.
                return NotExecutable(path, error);
            }
        }

        return ExecutableSearch.Failure(name, reason);
    }

    private static ExecutableException NotExecutable(string path, int error) =>
        new($"exec {path}: {LinuxException.Describe(error)}", ExecutableException.NotExecutable);
}
