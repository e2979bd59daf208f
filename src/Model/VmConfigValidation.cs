using System.Collections.Immutable;
using System.Text;

namespace KataActors.Model;

/// <summary>The limits of a <see cref="VmConfig"/>.</summary>
internal static class VmConfigValidation
{
    private const int MaxVcpus = 240;
    private const int MinMemoryMib = 32;
    private const int MaxMemoryMib = 4 * 1024 * 1024;
    private const int MaxRootPorts = 16;
    private const int MaxHostNameBytes = 255;

    // sizeof(sockaddr_un.sun_path) is 108 with the closing NUL.
    private const int MaxSocketPathBytes = 107;

    // struct p9_mount_tag: QEMU refuses longer ones.
    private const int MaxShareTagBytes = 31;

    // COMMAND_LINE_SIZE of x86 is 2048 with the closing NUL.
    private const int MaxKernelCommandLineBytes = 2047;

    public static ImmutableArray<string> Validate(VmConfig config)
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        CheckText(errors, "host name", config.HostName, MaxHostNameBytes);
        if (config.Uuid == Guid.Empty)
        {
            errors.Add("uuid is missing");
        }

        CheckPath(errors, "hypervisor path", config.QemuPath);
        CheckPath(errors, "kernel path", config.KernelPath);
        CheckPath(errors, "initramfs path", config.InitramfsPath);
        if (CheckPath(errors, "run directory", config.RunDirectory)
            && Encoding.UTF8.GetByteCount(config.AgentSocket) > MaxSocketPathBytes)
        {
            errors.Add($"run directory \"{config.RunDirectory}\" is too long for a socket path of {MaxSocketPathBytes} bytes");
        }

        if (config.Template is { } template)
        {
            CheckPath(errors, "template directory", template.Directory);
        }

        CheckText(errors, "share tag", config.ShareTag, MaxShareTagBytes);
        if (config.CpuModel is not null)
        {
            CheckText(errors, "CPU model", config.CpuModel, 1024);
        }

        CheckRange(errors, "vCPUs", config.VcpuCount, 1, MaxVcpus);
        CheckRange(errors, "maximum vCPUs", config.MaxVcpuCount, 1, MaxVcpus);
        if (config.MaxVcpuCount < config.VcpuCount)
        {
            errors.Add($"maximum vCPUs {config.MaxVcpuCount} are fewer than vCPUs {config.VcpuCount}");
        }

        CheckRange(errors, "memory in MiB", config.MemoryMib, MinMemoryMib, MaxMemoryMib);
        CheckRange(errors, "root ports", config.RootPortCount, 0, MaxRootPorts);
        CheckKernelParameters(errors, config);
        return errors.ToImmutable();
    }

    private static void CheckKernelParameters(ImmutableArray<string>.Builder errors, VmConfig config)
    {
        foreach (var parameter in config.KernelParameters)
        {
            CheckText(errors, "kernel parameter", parameter, MaxKernelCommandLineBytes);
        }

        if (Encoding.UTF8.GetByteCount(config.KernelCommandLine) > MaxKernelCommandLineBytes)
        {
            errors.Add($"kernel parameters are longer than {MaxKernelCommandLineBytes} bytes");
        }
    }

    private static void CheckText(ImmutableArray<string>.Builder errors, string subject, string value, int maxBytes)
    {
        if (value.Length == 0)
        {
            errors.Add($"{subject} is empty");
        }
        else if (value.Any(char.IsControl))
        {
            errors.Add($"{subject} holds a control character");
        }
        else if (Encoding.UTF8.GetByteCount(value) > maxBytes)
        {
            errors.Add($"{subject} is longer than {maxBytes} bytes");
        }
    }

    private static bool CheckPath(ImmutableArray<string>.Builder errors, string subject, string path)
    {
        var before = errors.Count;
        CheckText(errors, subject, path, 4095);
        if (errors.Count == before && path[0] != '/')
        {
            errors.Add($"{subject} \"{path}\" is not absolute");
        }

        return errors.Count == before;
    }

    private static void CheckRange(ImmutableArray<string>.Builder errors, string subject, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            errors.Add($"{subject} {value} is not between {min} and {max}");
        }
    }
}
