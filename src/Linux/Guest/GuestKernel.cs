using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux.Guest;

/// <summary>The kernel calls of PID 1.</summary>
public static unsafe class GuestKernel
{
    /// <summary>Loads a module from a file (finit_module(2)); a loaded module is no error. Files that end in .ko.xz are unpacked by the kernel.</summary>
    public static void LoadModule(string path)
    {
        using var file = Descriptors.Open(path, OpenFlags.ReadOnly);
        var flags = path.EndsWith(".ko", StringComparison.Ordinal) ? 0 : GuestConstants.ModuleCompressedFile;
        if (LibC.finit_module(GuestConstants.SysFinitModule, file, "", flags) != 0)
        {
            var failure = LinuxException.Last("finit_module", path);
            if (failure.Errno != Errno.EEXIST)
            {
                throw failure;
            }
        }
    }

    /// <summary>Brings a network interface of the calling thread's network namespace up.</summary>
    public static void BringUp(string interfaceName)
    {
        var fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw LinuxException.Last("socket", interfaceName);
        }

        using var handle = LibC.Own(fd);
        var request = default(InterfaceRequest);
        // SAFETY: 15 bytes at most are written, so the name ends with the NUL that the struct began with.
        _ = Encoding.ASCII.GetBytes(interfaceName.AsSpan(0, Math.Min(15, interfaceName.Length)), new Span<byte>(request.Name, 15));
        Request(handle, GuestConstants.GetInterfaceFlags, &request, interfaceName);
        request.Flags |= GuestConstants.InterfaceUp;
        Request(handle, GuestConstants.SetInterfaceFlags, &request, interfaceName);
    }

    /// <summary>kill(2), for a process that cannot be held by a pidfd.</summary>
    public static void Kill(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
        {
            throw LinuxException.Last("kill", $"process {pid}");
        }
    }

    /// <summary>
    /// Mixes bytes into the kernel's random state and reseeds the generator (random(4): RNDADDENTROPY, then RNDRESEEDCRNG). Without the
    /// second step the next numbers would still come from the old state.
    /// </summary>
    public static void AddEntropy(ReadOnlySpan<byte> bytes)
    {
        const string Device = "/dev/urandom";
        using var device = Descriptors.Open(Device, OpenFlags.WriteOnly);
        // struct rand_pool_info: the entropy in bits, the length in bytes, the bytes.
        var pool = new byte[(2 * sizeof(int)) + bytes.Length];
        BitConverter.TryWriteBytes(pool, bytes.Length * 8);
        BitConverter.TryWriteBytes(pool.AsSpan(sizeof(int)), bytes.Length);
        bytes.CopyTo(pool.AsSpan(2 * sizeof(int)));
        // SAFETY: the kernel reads the two numbers and as many bytes as the second one says.
        fixed (byte* first = pool)
        {
            if (LibC.ioctl(device, GuestConstants.AddEntropy, first) != 0 || LibC.ioctl(device, GuestConstants.ReseedRandomNumbers, null) != 0)
            {
                throw LinuxException.Last("ioctl", Device);
            }
        }
    }

    /// <summary>Sets the wall clock (clock_settime(2)).</summary>
    public static void SetClock(TimeSpan sinceEpoch)
    {
        var time = new TimeSpecification
        {
            Seconds = sinceEpoch.Ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = sinceEpoch.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        // SAFETY: the kernel reads one struct timespec.
        if (LibC.clock_settime(GuestConstants.ClockRealtime, &time) != 0)
        {
            throw LinuxException.Last("clock_settime", "CLOCK_REALTIME");
        }
    }

    /// <summary>Writes all dirty pages to the file systems (sync(2)).</summary>
    public static void Synchronize() => sync();

    /// <summary>Switches the machine off; where that is impossible, restarts it, which ends a VM that was started for one boot.</summary>
    public static void PowerOff()
    {
        _ = LibC.reboot(GuestConstants.RebootPowerOff);
        _ = LibC.reboot(GuestConstants.RebootRestart);
    }

    private static void Request(SafeFileHandle socket, ulong request, InterfaceRequest* argument, string name)
    {
        // SAFETY: both requests read and write one struct ifreq.
        if (LibC.ioctl(socket, request, argument) != 0)
        {
            throw LinuxException.Last("ioctl", name);
        }
    }
}
