using System.Globalization;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Setup;

/// <summary>The ids of a container's user namespace (user_namespaces(7)) and those that they stand for outside of it, where the root filesystem's are.</summary>
internal sealed class IdMaps
{
    private const string Namespace = "user";
    private const uint Root = 0;

    private readonly IReadOnlyList<LinuxIDMapping> _users;
    private readonly IReadOnlyList<LinuxIDMapping> _groups;

    private IdMaps(Protocol.Agent.Linux linux) => (_users, _groups) = (linux.UIDMappings, linux.GIDMappings);

    /// <summary>The maps of a spec; null when it asks for no user namespace.</summary>
    internal static IdMaps? Of(Protocol.Agent.Linux? linux) => linux?.Namespaces.Any(entry => entry.Type == Namespace) == true ? new IdMaps(linux) : null;

    /// <summary>The id outside of the namespace.</summary>
    internal uint User(uint id) => Outside(_users, id, Namespace);

    /// <summary>Writes the maps of a process that has made its namespace. Only a process outside may write more than one's own id.</summary>
    internal void Write(int pid)
    {
        KernelFiles.Write($"/proc/{pid}/gid_map", Text(_groups));
        KernelFiles.Write($"/proc/{pid}/uid_map", Text(_users));
    }

    /// <summary>Makes the namespace's root the owner of the files that the calling thread will make, with all capabilities.</summary>
    internal void ActAsRoot() => ThreadCredentials.SetFileOwner(User(Root), Group(Root));

    /// <summary>Replaces ids in a spec that the mounts and devices of the container get, which are made from outside.</summary>
    internal void Translate(Spec spec)
    {
        foreach (var device in spec.Linux.Devices)
        {
            (device.UID, device.GID) = (User(device.UID), Group(device.GID));
        }

        foreach (var mount in spec.Mounts)
        {
            for (var i = 0; i < mount.Options.Count; i++)
            {
                mount.Options[i] = mount.Options[i].Split('=') switch
                {
                    ["uid", var id] when TryParse(id, out var user) => $"uid={User(user)}",
                    ["gid", var id] when TryParse(id, out var group) => $"gid={Group(group)}",
                    _ => mount.Options[i],
                };
            }
        }
    }

    private uint Group(uint id) => Outside(_groups, id, "group");

    private static bool TryParse(string text, out uint id) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    private static uint Outside(IReadOnlyList<LinuxIDMapping> map, uint id, string kind)
    {
        foreach (var range in map)
        {
            if (id >= range.ContainerID && id - range.ContainerID < range.Size)
            {
                return range.HostID + (id - range.ContainerID);
            }
        }

        throw Failures.Invalid($"{kind} {id} is not mapped in the container's user namespace");
    }

    private static string Text(IEnumerable<LinuxIDMapping> map) => string.Concat(map.Select(range => $"{range.ContainerID} {range.HostID} {range.Size}\n"));
}
