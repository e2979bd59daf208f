using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>What a <see cref="CgroupActor"/> does to the machine. Failures are <see cref="LinuxException"/>s.</summary>
public interface ICgroupFileSystem
{
    /// <summary>What is mounted.</summary>
    IReadOnlyList<MountInfo> Mounts();

    /// <summary>The group of this program in the v2 hierarchy, as <c>/proc</c> names it; null when there is none.</summary>
    string? OwnUnifiedGroup();

    /// <summary>Makes a group unless it is there. True when it was made.</summary>
    bool MakeDirectory(string path);

    /// <summary>Removes an empty group if it is there.</summary>
    void RemoveDirectory(string path);

    /// <summary>The groups directly below one, as whole paths.</summary>
    IReadOnlyList<string> Subdirectories(string path);

    /// <summary>The value of a group's mark (an extended attribute, which goes with the group); null when it has none, or is not there.</summary>
    string? ReadMark(string group, string mark);

    /// <summary>Marks a group.</summary>
    void SetMark(string group, string mark, string value);

    /// <summary>Removes a group's mark, if it has it.</summary>
    void RemoveMark(string group, string mark);

    /// <summary>All of a control file.</summary>
    string Read(string path);

    /// <summary>One write to a control file.</summary>
    void Write(string path, string text);

    /// <summary>The thread ids of a process; empty when it is gone.</summary>
    IReadOnlyList<int> Threads(int pid);

    /// <summary>Lets a thread run on these CPUs only.</summary>
    void SetAffinity(int tid, IReadOnlyCollection<int> cpus);
}
