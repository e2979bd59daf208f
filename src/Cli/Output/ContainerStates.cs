using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>Turns the daemon's containers into the output of <c>state</c> and <c>list</c>.</summary>
internal static class ContainerStates
{
    private const int NanosecondsPerTick = 100;

    public static ContainerState From(Container container) => new()
    {
        OciVersion = container.OciVersion,
        Id = container.Id,
        Status = container.Status,
        Pid = container.Pid,
        Bundle = container.Bundle,
        Rootfs = container.Rootfs,
        CreatedUtc = Time(container.CreatedUnixNs),
        Annotations = container.Annotations,
        Reason = container.Reason,
    };

    /// <summary>The same with the owner's name, which only lists show.</summary>
    public static ContainerState[] Listed(IEnumerable<Container> containers) =>
    [
        .. containers.OrderBy(container => container.Id, StringComparer.Ordinal)
            .Select(container => From(container) with { Owner = UserNames.Host.Find(container.OwnerUid) }),
    ];

    /// <summary>The time of that many nanoseconds since 1970.</summary>
    public static DateTime Time(long unixNanoseconds) => DateTime.UnixEpoch.AddTicks(unixNanoseconds / NanosecondsPerTick);
}
