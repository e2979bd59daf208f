using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Guest;

/// <summary>Makes a detached mount of a file system (fsopen(2)).</summary>
public static class NewFileSystem
{
    private const int LongestMessage = 512;

    /// <summary>A detached mount.</summary>
    /// <param name="type">The file system type.</param>
    /// <param name="source">The source shown in mountinfo.</param>
    /// <param name="options">Options of the file system, as <c>key=value</c> or a bare <c>key</c>.</param>
    /// <param name="attributes">Attributes of the mount (MOUNT_ATTR_*).</param>
    public static SafeFileHandle Create(string type, string source, IEnumerable<string> options, ulong attributes)
    {
        var opened = LibC.fsopen(GuestConstants.SysFsopen, type, GuestConstants.FsopenCloseOnExec);
        if (opened < 0)
        {
            throw LinuxException.Last("fsopen", type);
        }

        using var context = LibC.Own(opened);
        Configure(context, GuestConstants.FsconfigSetString, "source", source, type);
        foreach (var option in options)
        {
            var equals = option.IndexOf('=');
            if (equals < 0)
            {
                Configure(context, GuestConstants.FsconfigSetFlag, option, null, type);
            }
            else
            {
                Configure(context, GuestConstants.FsconfigSetString, option[..equals], option[(equals + 1)..], type);
            }
        }

        Configure(context, GuestConstants.FsconfigCreate, null, null, type);
        var tree = LibC.fsmount(GuestConstants.SysFsmount, context, GuestConstants.FsmountCloseOnExec, (long)attributes);
        return tree >= 0 ? LibC.Own(tree) : throw LinuxException.Last("fsmount", type);
    }

    private static void Configure(SafeFileHandle context, long command, string? key, string? value, string type)
    {
        if (LibC.fsconfig(GuestConstants.SysFsconfig, context, command, key, value, 0) != 0)
        {
            var failure = LinuxException.Last("fsconfig", key is null ? type : value is null ? $"{type} {key}" : $"{type} {key}={value}");
            throw Explain(context) is { } reason ? new LinuxException(failure.Errno, failure.Call, $"{failure.Subject} ({reason})") : failure;
        }
    }

    // The context holds the file system's own error message, such as "e tmpfs: Bad value for 'size'".
    private static string? Explain(SafeFileHandle context)
    {
        Span<byte> message = stackalloc byte[LongestMessage];
        try
        {
            var length = Descriptors.TryRead(context, message);
            return length > 2 ? System.Text.Encoding.UTF8.GetString(message[2..length]).Trim() : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
