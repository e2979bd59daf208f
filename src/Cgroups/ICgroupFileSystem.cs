using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>The machine as a <see cref="CgroupActor"/> uses it. Failures are <see cref="LinuxException"/>s.</summary>
public interface ICgroupFileSystem
{
    /// <summary>All mounts.</summary>
    IReadOnlyList<MountInfo> Mounts();

    /// <summary>This program's group in the v2 hierarchy, as named in <c>/proc</c>; null when there is none.</summary>
    string? OwnUnifiedGroup();

    /// <summary>Makes a group unless it exists. True when it was made.</summary>
    bool MakeDirectory(string path);

    /// <summary>Removes an empty group if it exists.</summary>
    void RemoveDirectory(string path);

    /// <summary>The groups directly below one, as whole paths.</summary>
    IReadOnlyList<string> Subdirectories(string path);

    /// <summary>The value of a group's mark (an extended attribute, which goes with the group); null when the group has none, or does not exist.</summary>
    string? ReadMark(string group, string mark);

    /// <summary>Marks a group.</summary>
    void SetMark(string group, string mark, string value);

    /// <summary>Removes a group's mark, if it has it.</summary>
    void RemoveMark(string group, string mark);

    /// <summary>The content of a control file.</summary>
    string Read(string path);

    /// <summary>One write to a control file.</summary>
    void Write(string path, string text);

    /// <summary>The thread ids of a process; empty when it is gone.</summary>
    IReadOnlyList<int> Threads(int pid);

    /// <summary>Lets a thread run on these CPUs only.</summary>
    void SetAffinity(int tid, IReadOnlyCollection<int> cpus);
}
