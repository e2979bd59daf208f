using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Boot;

/// <summary>A guest's own identity: a clone wakes up with the random state, the clock and the names of its template.</summary>
internal static class GuestIdentities
{
    private const int MostEntropy = 64 * 1024;
    private const int LongestHostName = 64;

    /// <summary>Applies the identity given by the host. Random numbers first: all later ones are then the guest's own.</summary>
    internal static void Take(GuestIdentity? identity)
    {
        if (identity is null)
        {
            return;
        }

        if (!identity.Entropy.IsEmpty)
        {
            Reseed(identity.Entropy.Span);
        }

        if (identity.WallClockUnixNs != 0)
        {
            GuestKernel.SetClock(TimeSpan.FromTicks(identity.WallClockUnixNs / TimeSpan.NanosecondsPerTick));
        }

        if (identity.HostName.Length > 0)
        {
            ProcessImage.SetHostName(identity.HostName[..Math.Min(LongestHostName, identity.HostName.Length)]);
        }

        if (identity.MachineId.Length > 0)
        {
            MachineId.Write(identity.MachineId);
        }
    }

    /// <summary>Kata's ReseedRandomDev.</summary>
    internal static void Reseed(ReadOnlySpan<byte> entropy)
    {
        if (entropy.Length is 0 or > MostEntropy)
        {
            throw Failures.Invalid($"{entropy.Length} bytes of random data are not between 1 and {MostEntropy}");
        }

        GuestKernel.AddEntropy(entropy);
    }

    /// <summary>Kata's SetGuestDateTime.</summary>
    internal static void SetClock(SetGuestDateTimeRequest request)
    {
        if (request.Sec is < 0 or > uint.MaxValue || request.Usec is < 0 or >= 1_000_000)
        {
            throw Failures.Invalid($"time {request.Sec} s {request.Usec} us is not valid");
        }

        GuestKernel.SetClock(TimeSpan.FromSeconds(request.Sec) + TimeSpan.FromMicroseconds(request.Usec));
    }
}
