using System.CommandLine;
using System.Globalization;
using KataActors.Cli.Bundles;
using KataActors.Linux;
using KataActors.Oci;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Commands;

/// <summary>The limits that <c>update</c> takes: runc's flags, or a document.</summary>
internal sealed class UpdateOptions
{
    private const string NoSuchLimit = "not applied, with a warning: cgroup version 2 has no such limit";

    private readonly Option<string?> _resources = new("--resources", "-r")
    {
        Description = "file with linux.resources as JSON, or - for standard input; the other flags are then ignored",
        HelpName = "file",
    };

    private readonly Option<string?> _cpuPeriod = Limit("--cpu-period", "length of a CPU period", "us");
    private readonly Option<string?> _cpuQuota = Limit("--cpu-quota", "CPU time in a period, -1 for no limit", "us");
    private readonly Option<string?> _cpuShare = Limit("--cpu-share", "relative weight of its CPU time", "n");
    private readonly Option<string?> _cpus = Limit("--cpuset-cpus", "CPUs to run on", "list");
    private readonly Option<string?> _mems = Limit("--cpuset-mems", "memory nodes to use", "list");
    private readonly Option<string?> _memory = Limit("--memory", "memory limit, -1 for none", "bytes");
    private readonly Option<string?> _reservation = Limit("--memory-reservation", "memory that is protected from reclaim as long as possible", "bytes");
    private readonly Option<string?> _swap = Limit("--memory-swap", "limit of memory and swap together, -1 for none", "bytes");
    private readonly Option<string?> _pids = Limit("--pids-limit", "number of processes, -1 for no limit", "n");
    private readonly Option<string?> _blkio = Limit("--blkio-weight", "not applied, with a warning: the guest has no disks", "n");
    private readonly Option<string?> _realtimePeriod = Limit("--cpu-rt-period", NoSuchLimit, "us");
    private readonly Option<string?> _realtimeRuntime = Limit("--cpu-rt-runtime", NoSuchLimit, "us");
    private readonly Option<string?> _kernel = Limit("--kernel-memory", NoSuchLimit, "bytes");
    private readonly Option<string?> _kernelTcp = Limit("--kernel-memory-tcp", NoSuchLimit, "bytes");

    public void AddTo(Command command)
    {
        Option<string?>[] options =
        [
            _resources, _cpuPeriod, _cpuQuota, _cpuShare, _cpus, _mems, _memory, _reservation, _swap, _pids, _blkio, _realtimePeriod, _realtimeRuntime,
            _kernel, _kernelTcp,
        ];
        foreach (var option in options)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The changed limits, as JSON.</summary>
    /// <exception cref="CommandFailure">A value is no number, the file cannot be read, or there is nothing to change.</exception>
    public byte[] Read(ParseResult parsed)
    {
        if (parsed.GetValue(_resources) is { } file)
        {
            return ReadDocument(file);
        }

        if (!parsed.CommandResult.Command.Options.Any(option => parsed.GetResult(option) is { Implicit: false }))
        {
            throw CommandFailure.OfUsage("\"update\" needs at least one limit to change");
        }

        return ResourcesUpdate.Write(new ResourcesSpec
        {
            Cpu = new CpuSpec
            {
                Period = Number(parsed, _cpuPeriod),
                Quota = Number(parsed, _cpuQuota),
                Shares = Number(parsed, _cpuShare),
                Cpus = parsed.GetValue(_cpus),
                Mems = parsed.GetValue(_mems),
                RealtimePeriod = (ulong?)Number(parsed, _realtimePeriod, 0),
                RealtimeRuntime = Number(parsed, _realtimeRuntime),
            },
            Memory = new MemorySpec
            {
                Limit = Bytes(parsed, _memory),
                Reservation = Bytes(parsed, _reservation),
                Swap = Bytes(parsed, _swap),
                Kernel = Bytes(parsed, _kernel),
                KernelTCP = Bytes(parsed, _kernelTcp),
            },
            Pids = new PidsSpec { Limit = Number(parsed, _pids) },
            BlockIO = new BlockIOSpec { Weight = (ushort?)Number(parsed, _blkio, 0, ushort.MaxValue) },
        });
    }

    private static Option<string?> Limit(string name, string description, string unit) => new(name) { Description = description, HelpName = unit };

    private static long? Number(ParseResult parsed, Option<string?> option, long min = long.MinValue, long max = long.MaxValue)
    {
        if (parsed.GetValue(option) is not { } text)
        {
            return null;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw CommandFailure.OfUsage($"{option.Name} \"{text}\" is not a whole number");
        }

        return number >= min && number <= max ? number : throw CommandFailure.OfUsage($"{option.Name} {number} is out of range: {min} to {max} is allowed");
    }

    // 64m and 1G as for every runtime, in powers of 1024.
    private static long? Bytes(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
        {
            return null;
        }

        var digits = text.TrimEnd('b', 'B');
        var shift = digits is [.., var unit] ? "kmgt".IndexOf(char.ToLowerInvariant(unit), StringComparison.Ordinal) + 1 : 0;
        return long.TryParse(shift > 0 ? digits.AsSpan(0, digits.Length - 1) : digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && Math.Abs((decimal)number) * (1L << (10 * shift)) <= long.MaxValue
                ? number << (10 * shift)
                : throw CommandFailure.OfUsage($"{option.Name} \"{text}\" is not a number of bytes");
    }

    private static byte[] ReadDocument(string file)
    {
        try
        {
            using var document = file == "-" ? new SafeFileHandle(0, ownsHandle: false) : RegularFile.Open(file);
            var bytes = BoundedFile.Read(document, ResourcesUpdate.MaxBytes);
            return bytes.Length <= ResourcesUpdate.MaxBytes ? bytes : throw new CommandFailure($"--resources \"{file}\": larger than {ResourcesUpdate.MaxBytes} bytes");
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"--resources \"{file}\": {failure.Cause}", cause: failure);
        }
    }
}
