using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>Folders that a daemon must refuse, each in a directory of the test's own, and the reason.</summary>
internal static class UnsafeFolders
{
    private const string Stranger = "1000";

    /// <summary>The shell commands that make the folder <c>x</c>, and the daemon's message about it.</summary>
    public static TheoryData<string, string> All => new()
    {
        { "mkdir real; mkdir -m 1777 open; ln -s ../real open/y; ln -s open/y x", "lies where other users can write" },
        { $"mkdir real; ln -s real x; chown -h {Stranger} x", $"which user {Stranger} owns" },
        { "ln -s nowhere x", "which does not exist" },
        { $"mkdir x; chown {Stranger} x", $"is owned by user {Stranger}" },
        { "mkdir x; chmod 770 x", "is writable by other users" },
        { "mkdir x; chmod 707 x", "is writable by other users" },
        { "mkdir x; chmod 1777 x", "is writable by other users" },
        { "touch x", "is a regular file, not a folder" },
        { "mkfifo x", "is a FIFO, not a folder" },
        { "chmod 777 .", "which is writable by other users" },
        { $"chown {Stranger} .", $"which user {Stranger} owns" },
        { $"chmod 1777 .; mkdir x; chown {Stranger} x", $"is owned by user {Stranger}" },
    };

    /// <summary>Makes a folder, and returns its path.</summary>
    public static async Task<string> MakeAsync(string directory, string script)
    {
        var errors = await ChildScript.RunAsync($"set -e; cd {directory}; {script}");
        Assert.Equal("", errors);
        return Path.Combine(directory, "x");
    }

    /// <summary>All entries below a directory, symbolic links not followed.</summary>
    public static Task<string> ListAsync(string directory) => ChildScript.RunAsync($"cd {directory} && find . -printf '%p %M %u %l\\n' | sort");
}
