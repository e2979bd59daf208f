using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Netlink;

/// <summary>A tap interface (Documentation/networking/tuntap.rst). It ends with the last descriptor of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="File">The descriptor, owned by the holder.</param>
public sealed record TapDevice(string Name, SafeFileHandle File)
{
    private const string Device = "/dev/net/tun";
    private const int LongestName = 15;

    // linux/if_tun.h: TUNSETIFF; IFF_TAP, IFF_NO_PI, IFF_VNET_HDR
    private const ulong SetInterface = 0x4004_54ca;
    private const short WholeFrames = 0x2 | 0x1000 | 0x4000;

    /// <summary>Makes one in the network namespace of the calling thread.</summary>
    /// <param name="pattern">Its name; the kernel replaces a <c>%d</c> by a number that makes it unique.</param>
    public static unsafe TapDevice Make(string pattern)
    {
        var file = Descriptors.Open(Device, OpenFlags.ReadWrite);
        var request = new InterfaceRequest { Flags = WholeFrames };
        var name = new Span<byte>(request.Name, LongestName);
        _ = Encoding.ASCII.GetBytes(pattern, name);
        // SAFETY: the request reads and writes one struct ifreq, whose name ends with a NUL.
        if (LibC.ioctl(file, SetInterface, &request) != 0)
        {
            var failure = LinuxException.Last("TUNSETIFF", pattern);
            file.Dispose();
            throw failure;
        }

        return new TapDevice(Encoding.ASCII.GetString(name).TrimEnd('\0'), file);
    }
}
