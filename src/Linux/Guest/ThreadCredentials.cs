using System.Globalization;
using KataActors.Linux.Native;

namespace KataActors.Linux.Guest;

/// <summary>
/// Credentials of the calling thread alone (credentials(7), capabilities(7)): for a process just before its execve(2), which ends its
/// other threads, or for a thread that starts a process and then ends.
/// </summary>
public static unsafe class ThreadCredentials
{
    /// <summary>Sets whether the permitted capabilities survive a change of user.</summary>
    public static void KeepCapabilities(bool keep) => Control(GuestConstants.SetKeepCapabilities, keep ? 1u : 0, 0, "PR_SET_KEEPCAPS");

    /// <summary>No later execve(2) grants privileges.</summary>
    public static void SetNoNewPrivileges() => Control(GuestConstants.SetNoNewPrivileges, 1, 0, "PR_SET_NO_NEW_PRIVS");

    /// <summary>The supplementary groups.</summary>
    public static void SetGroups(ReadOnlySpan<uint> groups)
    {
        // SAFETY: the kernel copies as many entries as the count says.
        fixed (uint* first = groups)
        {
            Check(LibC.setgroups(GuestConstants.SysSetgroups, groups.Length, first), "setgroups", "additional groups");
        }
    }

    /// <summary>Real, effective and saved group, then user.</summary>
    public static void SetIdentity(uint user, uint group)
    {
        Set(GuestConstants.SysSetresgid, group, "setresgid");
        Set(GuestConstants.SysSetresuid, user, "setresuid");
    }

    /// <summary>
    /// The owner of the files that the thread makes (setfsuid(2), setfsgid(2)), and no other change: the capabilities that the kernel takes away with a
    /// change from root are given back.
    /// </summary>
    public static void SetFileOwner(uint user, uint group)
    {
        // They return the earlier id, whether they succeed or not.
        _ = LibC.setfs(GuestConstants.SysSetfsgid, group);
        _ = LibC.setfs(GuestConstants.SysSetfsuid, user);
        var permitted = PermittedCapabilities();
        SetCapabilities(permitted, permitted, inheritable: 0);
    }

    /// <summary>Drops every capability from the bounding set that is not in <paramref name="kept"/>, up to the kernel's last.</summary>
    public static void LimitBounding(ulong kept, int last)
    {
        for (var capability = 0; capability <= last; capability++)
        {
            if ((kept & (1ul << capability)) == 0)
            {
                Control(GuestConstants.DropBoundingCapability, (ulong)capability, 0, "PR_CAPBSET_DROP");
            }
        }
    }

    /// <summary>The permitted set, as a bit mask.</summary>
    public static ulong PermittedCapabilities()
    {
        var header = new CapabilityHeader { Version = GuestConstants.CapabilityVersion3 };
        var data = stackalloc CapabilityData[2];
        // SAFETY: version 3 writes two entries.
        Check(LibC.capget(GuestConstants.SysCapget, &header, data), "capget", "capabilities");
        return data[0].Permitted | ((ulong)data[1].Permitted << 32);
    }

    /// <summary>The highest capability that the kernel knows, as procfs shows it.</summary>
    public static int ReadLastCapability() => int.Parse(KernelFiles.Read("/proc/sys/kernel/cap_last_cap").AsSpan().Trim(), CultureInfo.InvariantCulture);

    /// <summary>Sets the effective, permitted and inheritable sets, as bit masks.</summary>
    public static void SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        var header = new CapabilityHeader { Version = GuestConstants.CapabilityVersion3 };
        var data = stackalloc CapabilityData[2];
        data[0] = new CapabilityData { Effective = (uint)effective, Permitted = (uint)permitted, Inheritable = (uint)inheritable };
        data[1] = new CapabilityData { Effective = (uint)(effective >> 32), Permitted = (uint)(permitted >> 32), Inheritable = (uint)(inheritable >> 32) };
        // SAFETY: version 3 reads two entries.
        Check(LibC.capset(GuestConstants.SysCapset, &header, data), "capset", "capabilities");
    }

    /// <summary>Replaces the ambient set; false when the kernel refused one that is not both permitted and inheritable.</summary>
    public static bool TrySetAmbient(ulong capabilities)
    {
        Control(GuestConstants.AmbientCapability, GuestConstants.AmbientClearAll, 0, "PR_CAP_AMBIENT_CLEAR_ALL");
        var complete = true;
        for (var capability = 0; capability < 64; capability++)
        {
            if ((capabilities & (1ul << capability)) != 0)
            {
                complete &= LibC.prctl(GuestConstants.AmbientCapability, GuestConstants.AmbientRaise, (ulong)capability, 0, 0) == 0;
            }
        }

        return complete;
    }

    private static void Set(long call, uint id, string name)
    {
        if (LibC.setres(call, id, id, id) != 0)
        {
            throw LinuxException.Last(name, $"{id}");
        }
    }

    private static void Control(int option, ulong second, ulong third, string name) =>
        Check(LibC.prctl(option, second, third, 0, 0), "prctl", name);

    private static void Check(long result, string call, string subject)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, subject);
        }
    }
}
