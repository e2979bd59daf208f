using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>
/// Files that a test makes and executes. Another process writes them: a child that a test beside this one is just starting has a copy of every descriptor
/// of this process until its execve(2), and a file that is open for writing cannot be executed (ETXTBSY).
/// </summary>
public static class ProgramFile
{
    /// <summary>Makes an executable file with this content; replaces an existing one.</summary>
    public static void Write(string path, string content)
    {
        var source = $"{path}.source";
        File.WriteAllText(source, content);
        Copy(source, path);
        File.Delete(source);
    }

    /// <summary>Copies a file and makes the copy executable; replaces an existing one.</summary>
    public static void Copy(string source, string path)
    {
        using var install = ProcessSpawner.Spawn(new SpawnRequest { Path = "/usr/bin/install", Arguments = ["install", "-m", "0755", source, path] });
        install.WaitForExitAsync(Deadline.Token).GetAwaiter().GetResult();
        if (install.TryReap() != new ProcessExit(0, null))
        {
            throw new IOException($"cannot install \"{path}\"");
        }
    }
}
