namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>
/// The life of a container whose <c>cgroupsPath</c> is followed, twice, and creations with paths that cannot be: done once, and recorded for the tests of
/// the clauses. The daemon follows such paths only when it is told to.
/// </summary>
public sealed class RecordedPlacement : IAsyncLifetime
{
    private const string Hierarchy = "/sys/fs/cgroup/cpu";

    private readonly string _name = $"conformance{Environment.ProcessId}";

    /// <summary>Which groups held the VM, for each of the two lives, relative to the mount point of the cgroups.</summary>
    internal IReadOnlyList<string> Places { get; private set; } = [];

    /// <summary>The path of the spec.</summary>
    internal string Path => $"/{_name}/container";

    internal CommandResult Occupied { get; private set; } = null!;

    internal CommandResult Invalid { get; private set; } = null!;

    /// <summary>Whether the group that was there before is there after the failed creation.</summary>
    internal bool OccupiedIsLeft { get; private set; }

    public async ValueTask InitializeAsync()
    {
        await using var daemon = await DaemonUnderTest.StartAsync("kata-actors.cgroups.parent = spec");
        var bundle = daemon.Bundle("true").With("linux.cgroupsPath", Path);
        Places = [await PlaceAsync(daemon, bundle), await PlaceAsync(daemon, bundle)];

        var taken = $"{Hierarchy}{Path}";
        KernelFiles.MakeDirectories(taken, (UnixFileMode)0b111_101_101);
        Occupied = await daemon.RunAsync("create", "--bundle", bundle.Path, daemon.NewId());
        OccupiedIsLeft = KernelFiles.RemoveDirectory(taken);
        Invalid = await daemon.RunAsync("create", "--bundle", bundle.With("linux.cgroupsPath", $"/{_name}/../../etc").Path, daemon.NewId());
    }

    // The groups above those of sandboxes stay.
    public ValueTask DisposeAsync()
    {
        foreach (var hierarchy in HostCgroupSpecs.Hierarchies())
        {
            KernelFiles.RemoveDirectory(System.IO.Path.Combine(hierarchy, _name));
        }

        return default;
    }

    private static async Task<string> PlaceAsync(DaemonUnderTest daemon, TestBundle bundle)
    {
        var id = daemon.NewId();
        await daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        var vmm = (int)(await daemon.InspectAsync(id))["vmmPid"]!;
        var place = File.ReadLines($"/proc/{vmm}/cgroup").Select(line => line.Split(':')).Single(fields => fields[1].Split(',').Contains("cpu"))[2];
        await daemon.SucceedAsync("delete", "--force", id);
        return place;
    }
}
