using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>Files of a cgroup that are being changed together, with what they held before.</summary>
internal sealed class CgroupChanges(string folder)
{
    private readonly Stack<(string File, string Before)> _changed = [];

    /// <summary>Writes a file of the group.</summary>
    /// <exception cref="LinuxException">The value is refused, or there is no such file.</exception>
    internal void Write(string file, string value)
    {
        var path = $"{folder}/{file}";

        // With the end of its line, by which the kernel takes also an empty value for one.
        var before = KernelFiles.Exists(path) ? KernelFiles.Read(path) : "";
        KernelFiles.Write(path, value);
        _changed.Push((file, before));
    }

    /// <summary>Restores the files, the last one first, each whatever became of the others; returns the failures.</summary>
    internal IReadOnlyList<LinuxException> Undo()
    {
        List<LinuxException> failures = [];
        while (_changed.TryPop(out var change))
        {
            try
            {
                KernelFiles.Write($"{folder}/{change.File}", change.Before);
            }
            catch (LinuxException failure)
            {
                failures.Add(failure);
            }
        }

        return failures;
    }
}
