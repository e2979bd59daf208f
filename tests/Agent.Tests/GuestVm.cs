using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Agent.Tests;

/// <summary>
/// A real VM that boots the built guest: kernel and initramfs of the checkout's own build, one virtio-serial port, and a folder of the host shared
/// by 9p. QEMU dies with this object.
/// </summary>
internal sealed class GuestVm : IAsyncDisposable
{
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_bootDeadline = TimeSpan.FromSeconds(90);

    private readonly TemporaryDirectory _folder = new();
    private readonly System.Diagnostics.Process _qemu;
    private TtrpcClient? _client;

    private GuestVm(string kernel, string initramfs, int vcpus)
    {
        Directory.CreateDirectory(Share);
        var start = new ProcessStartInfo("qemu-system-x86_64") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[]
        {
            "-M", "q35,sata=off,smbus=off,hpet=off,smm=off", "-accel", "tcg,thread=multi", "-m", "256", "-smp", $"{vcpus}",
            "-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-kernel", kernel, "-initrd", initramfs,
            "-append", $"console=ttyS0 panic=1 quiet tsc=reliable tsc_early_khz={TimestampKhz} no_timer_check lpj=4000000",
            "-serial", $"file:{ConsoleFile}",
            // Without a source of entropy the kernel needs seconds to make its own.
            "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng",
            "-device", "virtio-serial-pci,max_ports=2,ioeventfd=off", "-chardev", $"socket,id=agent,path={Socket},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=agent.channel.0",
            "-fsdev", $"local,id=share,path={Share},security_model=passthrough,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=share,mount_tag=kataShared,ioeventfd=off",
        })
        {
            start.ArgumentList.Add(argument);
        }

        _qemu = System.Diagnostics.Process.Start(start)!;
    }

    /// <summary>The folder of the host that the guest mounts.</summary>
    internal string Share => Path.Combine(_folder.Path, "share");

    internal AgentClient Agent => new(Client);

    internal TtrpcClient Client => _client ?? throw new InvalidOperationException("not connected");

    /// <summary>CPU seconds that QEMU has used so far.</summary>
    internal TimeSpan CpuTime
    {
        get
        {
            _qemu.Refresh();
            return _qemu.TotalProcessorTime;
        }
    }

    internal Task Exited => _qemu.WaitForExitAsync();

    // On a busy host the guest's calibration of its clock and timers is wrong by factors; with a given frequency it does not calibrate.
    private static long TimestampKhz => (long)(1000 * double.Parse(
        File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("cpu MHz", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture));

    private string Socket => Path.Combine(_folder.Path, "agent.sock");

    private string ConsoleFile => Path.Combine(_folder.Path, "console");

    /// <summary>Boots and waits for the agent's first answer.</summary>
    internal static async Task<GuestVm> BootAsync(int vcpus = 1)
    {
        var images = FindImages();
        var vm = new GuestVm(Path.Combine(images, "vmlinuz"), Path.Combine(images, "initramfs.cpio"), vcpus);
        try
        {
            await vm.ConnectAsync(ChannelTiming.Boot);
            return vm;
        }
        catch (Exception failure)
        {
            var told = await vm.TellAsync();
            await vm.DisposeAsync();
            throw new InvalidOperationException($"the guest did not answer: {told}", failure);
        }
    }

    /// <summary>Begins a session of the host with the agent; ends the previous one.</summary>
    internal async Task ConnectAsync(ChannelTiming timing)
    {
        if (_client is { } old)
        {
            await old.DisposeAsync();
        }

        var stream = await AgentChannel.ConnectAsync(OpenAsync, s_bootDeadline, timing, CancellationToken.None);
        _client = new TtrpcClient(new StreamTransport(stream));
    }

    /// <summary>A host that sends its preamble and leaves at once.</summary>
    internal async Task VisitAsync(byte[] hello)
    {
        await using var stream = await OpenAsync(CancellationToken.None);
        await stream.WriteAsync(hello);
    }

    /// <summary>The output of the guest's console and of QEMU.</summary>
    internal async Task<string> TellAsync()
    {
        var console = File.Exists(ConsoleFile) ? await File.ReadAllTextAsync(ConsoleFile) : "";
        return _qemu.HasExited ? console + await _qemu.StandardError.ReadToEndAsync() : console;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is { } client)
        {
            await client.DisposeAsync();
        }

        if (!_qemu.HasExited)
        {
            _qemu.Kill();
        }

        await _qemu.WaitForExitAsync();
        _qemu.Dispose();
        _folder.Dispose();
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static string FindImages()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var images = Path.Combine(folder, "artifacts/prefix/share/kata-actors");
            if (File.Exists(Path.Combine(images, "initramfs.cpio")))
            {
                return images;
            }
        }

        throw new FileNotFoundException("no built guest image; run make build first");
    }
}
