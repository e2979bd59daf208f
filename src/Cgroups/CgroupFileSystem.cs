using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>The cgroup file system of this machine.</summary>
internal sealed class CgroupFileSystem : ICgroupFileSystem
{
    private const string UnifiedPrefix = "0::";
    private const UnixFileMode Mode = (UnixFileMode)0b111_101_101;

    public IReadOnlyList<MountInfo> Mounts() => MountInfo.ReadOwn();

    public string? OwnUnifiedGroup() => File.ReadLines("/proc/self/cgroup")
        .Where(line => line.StartsWith(UnifiedPrefix, StringComparison.Ordinal))
        .Select(line => line[UnifiedPrefix.Length..])
        .FirstOrDefault();

    public bool MakeDirectory(string path) => KernelFiles.MakeDirectory(path, Mode);

    public void RemoveDirectory(string path) => KernelFiles.RemoveDirectory(path);

    public IReadOnlyList<string> Subdirectories(string path)
    {
        try
        {
            return Directory.GetDirectories(path);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public string? ReadMark(string group, string mark) => ExtendedAttributes.TryRead(group, mark);

    public void SetMark(string group, string mark, string value) => ExtendedAttributes.Set(group, mark, value);

    public void RemoveMark(string group, string mark) => ExtendedAttributes.Remove(group, mark);

    public string Read(string path) => KernelFiles.Read(path);

    public void Write(string path, string text) => KernelFiles.Write(path, text);

    public IReadOnlyList<int> Threads(int pid) => ProcessFiles.Threads(pid);

    public void SetAffinity(int tid, IReadOnlyCollection<int> cpus) => CpuAffinity.Set(tid, cpus);
}
