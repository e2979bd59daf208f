using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>How many descriptors this process may have open: <c>RLIMIT_NOFILE</c> of setrlimit(2).</summary>
/// <param name="Soft">What holds now.</param>
/// <param name="Hard">Up to where the process may raise it.</param>
public readonly record struct OpenFileLimit(ulong Soft, ulong Hard)
{
    private const int Number = 7;
    private const string Subject = "open files";

    /// <summary>The limit of this process.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static unsafe OpenFileLimit Own
    {
        get
        {
            var limit = default(ResourceLimit);
            // SAFETY: the kernel writes the struct during the call.
            return LibC.getrlimit(Number, &limit) == 0
                ? new OpenFileLimit(limit.Soft, limit.Hard)
                : throw LinuxException.Last("getrlimit", Subject);
        }

        set
        {
            var limit = new ResourceLimit { Soft = value.Soft, Hard = value.Hard };
            // SAFETY: the kernel reads the struct during the call.
            if (LibC.setrlimit(Number, &limit) != 0)
            {
                throw LinuxException.Last("setrlimit", Subject);
            }
        }
    }
}
