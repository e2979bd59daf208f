using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>A failed system call, with call, subject and cause. The message reads <c>open "/x": no such file or directory</c>.</summary>
public sealed class LinuxException : Exception
{
    /// <param name="errno">The error number of the call, see <see cref="Linux.Errno"/>.</param>
    /// <param name="call">The name of the system call or libc function.</param>
    /// <param name="subject">The subject of the call, unquoted: a path, or words such as <c>process 17</c>.</param>
    public LinuxException(int errno, string call, string subject)
        : this(errno, call, subject, Describe(errno))
    {
    }

    /// <param name="errno">The error number that fits best.</param>
    /// <param name="call">The call that was not made, or failed.</param>
    /// <param name="subject">The subject of the call, unquoted.</param>
    /// <param name="cause">The cause, when the error number's text is too vague.</param>
    public LinuxException(int errno, string call, string subject, string cause)
        : base($"{call} \"{subject}\": {cause}")
    {
        Errno = errno;
        Call = call;
        Subject = subject;
        Cause = cause;
    }

    /// <summary>The error number, comparable with the constants of <see cref="Linux.Errno"/>.</summary>
    public int Errno { get; }

    /// <summary>The system call or libc function.</summary>
    public string Call { get; }

    /// <summary>The subject of the call.</summary>
    public string Subject { get; }

    /// <summary>The cause, without call and subject.</summary>
    public string Cause { get; }

    /// <summary>The text of an error number in house style: lower case, no final period.</summary>
    public static string Describe(int errno)
    {
        var text = Marshal.GetPInvokeErrorMessage(errno);
        return text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }

    /// <summary>The failure of this thread's last libc call.</summary>
    internal static LinuxException Last(string call, string subject) =>
        new(Marshal.GetLastPInvokeError(), call, subject);
}
