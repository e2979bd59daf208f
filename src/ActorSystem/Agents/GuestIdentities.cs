using System.Security.Cryptography;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Agents;

/// <summary>The identity of a clone: its own random numbers and names, and the current time, none of them shared with its siblings.</summary>
internal static class GuestIdentities
{
    private const int EntropyBytes = 512;

    /// <summary>A new identity: random bytes and the current time.</summary>
    public static GuestIdentity New(string hostName, Guid uuid)
    {
        var entropy = new byte[EntropyBytes];
        RandomNumberGenerator.Fill(entropy);
        return new GuestIdentity
        {
            Entropy = UnsafeByteOperations.UnsafeWrap(entropy),
            WallClockUnixNs = JournalTime.ToUnixNs(DateTimeOffset.UtcNow),
            HostName = hostName,
            MachineId = uuid.ToString("N"),
        };
    }
}
