using System.Globalization;
using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>One container's cgroup v2 in the guest.</summary>
internal sealed class ContainerCgroup(string folder)
{
    private static readonly TimeSpan s_removalPause = TimeSpan.FromMilliseconds(5);

    private SafeFileHandle? _devices;

    /// <summary>Creates the group, without limits.</summary>
    internal static ContainerCgroup Create(string parent, string name)
    {
        var group = new ContainerCgroup($"{parent}/{name}");
        KernelFiles.MakeDirectory(group.Folder, GuestMounts.FolderMode);
        return group;
    }

    internal string Folder { get; } = folder;

    /// <summary>Sets the limits and device rules of a spec.</summary>
    internal void Limit(LinuxResources? resources)
    {
        foreach (var (file, value) in CgroupLimits.From(resources))
        {
            WriteLimit(file, value);
        }

        foreach (var (file, value) in Unified(resources))
        {
            WriteUnified(file, value, Write);
        }

        Attach(DevicePrograms.Load(DeviceProgram.Of(resources?.Devices ?? [])));
    }

    /// <summary>Changes the limits, and the device rules if there are any; when one is refused, everything is as before.</summary>
    internal void Update(UpdateContainerRequest request)
    {
        CheckMemory(request.Resources?.Memory);
        var devices = request.Resources?.Devices ?? [];
        var program = devices.Count == 0 ? null : DevicePrograms.Load(DeviceProgram.Of(devices));
        var changes = new CgroupChanges(Folder);
        try
        {
            UpdateLimits(request, changes);
            if (program is not null)
            {
                Attach(program);
            }
        }
        catch (Exception failure) when (failure is LinuxException or TtrpcException)
        {
            program?.Dispose();
            if (changes.Undo() is { Count: > 0 } changed)
            {
                var code = (failure as TtrpcException)?.Code ?? StatusCode.Internal;
                throw new TtrpcException(code, $"{failure.Message}; not restored: {string.Join(", ", changed.Select(left => left.Message))}");
            }

            throw;
        }
    }

    private void UpdateLimits(UpdateContainerRequest request, CgroupChanges changes)
    {
        foreach (var (file, value) in (request.Whole ? CgroupLimits.Whole(request.Resources) : CgroupLimits.From(request.Resources))
            .Where(limit => KernelFiles.Exists($"{Folder}/{limit.File}")))
        {
            changes.Write(file, value);
        }

        foreach (var (file, value) in Unified(request.Resources))
        {
            WriteUnified(file, value, changes.Write);
        }
    }

    /// <summary>Whether the kernel has killed a process of the group because its memory was used up.</summary>
    internal bool HasKilledForMemory() => KernelFiles.Exists($"{Folder}/memory.events")
        && KernelFiles.Read($"{Folder}/memory.events").Split('\n').Any(line => line.StartsWith("oom_kill ", StringComparison.Ordinal) && line != "oom_kill 0");

    internal void Enter(int pid) => Write("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Moves a process into the group, or, where the container has controlled groups of its own, beside which no process may be, into the one of
    /// another process of the container.
    /// </summary>
    internal void Enter(int pid, int beside)
    {
        try
        {
            Enter(pid);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EBUSY or Errno.EOPNOTSUPP)
        {
            if (!FolderTree.Visit(Folder, group => TryEnter(group, pid, beside)))
            {
                throw;
            }
        }
    }

    /// <summary>Sends SIGKILL to every process of the group and its subgroups, if the group exists.</summary>
    internal void Kill()
    {
        try
        {
            Write("cgroup.kill", "1");
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV)
        {
        }
    }

    /// <summary>The processes in the group, those of groups below included.</summary>
    internal IReadOnlyList<int> Processes()
    {
        var processes = new List<int>();
        FolderTree.Visit(Folder, group =>
        {
            processes.AddRange(ProcessesOf(group));
            return false;
        });
        return processes;
    }

    /// <summary>Removes the group and the container's own groups below it, once the processes are gone.</summary>
    internal async Task RemoveAsync(CancellationToken deadline)
    {
        while (!TryRemove())
        {
            // The kernel takes a moment to remove killed processes from the group.
            await Task.Delay(s_removalPause, deadline).ConfigureAwait(false);
        }

        _devices?.Dispose();
    }

    private static bool TryEnter(SafeFileHandle group, int pid, int beside)
    {
        if (!ProcessesOf(group).Contains(beside))
        {
            return false;
        }

        KernelFiles.Write(ProcessesFile(group), pid.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    // A group may go meanwhile. One of threads has no list: its processes are in that of a group above.
    private static IEnumerable<int> ProcessesOf(SafeFileHandle group)
    {
        try
        {
            return KernelFiles.Read(ProcessesFile(group)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture));
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    private static string ProcessesFile(SafeFileHandle group) => $"/proc/thread-self/fd/{group.DangerousGetHandle()}/cgroup.procs";

    // The descriptor is kept: it names the program that the next one replaces.
    private void Attach(SafeFileHandle program)
    {
        DevicePrograms.Attach(program, Folder, _devices);
        _devices?.Dispose();
        _devices = program;
    }

    // By descriptors: the paths of the container's own groups may be longer than the kernel takes.
    private bool TryRemove()
    {
        try
        {
            FolderTree.RemoveFolders(Folder);
            return true;
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EBUSY)
        {
            return false;
        }
    }

    private void WriteLimit(string file, string value)
    {
        if (!KernelFiles.Exists($"{Folder}/{file}"))
        {
            KernelLog.Warn($"cgroup: this kernel has no {file}, \"{value}\" is ignored");
            return;
        }

        Write(file, value);
    }

    // A spec that names a file wants that very one.
    private static void WriteUnified(string file, string value, Action<string, string> write)
    {
        try
        {
            write(file, value);
        }
        catch (LinuxException failure)
        {
            throw Failures.Invalid($"linux.resources.unified: \"{value}\" for \"{file}\" is refused: {failure.Cause}");
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Unified(LinuxResources? resources) => resources is null ? [] : resources.Unified;

    private void CheckMemory(LinuxMemory? memory)
    {
        if (memory is { CheckBeforeUpdate: true, Limit: > 0 } && long.Parse(Read("memory.current"), CultureInfo.InvariantCulture) is var used && memory.Limit <= used)
        {
            throw Failures.State($"linux.resources.memory.limit {memory.Limit} is not above the {used} bytes in use");
        }
    }

    private string Read(string file) => KernelFiles.Read($"{Folder}/{file}").TrimEnd('\n');

    private void Write(string file, string value) => KernelFiles.Write($"{Folder}/{file}", value);
}
