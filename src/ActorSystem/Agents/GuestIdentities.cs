using System.Security.Cryptography;
using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Agents;

/// <summary>What makes a clone differ from its siblings: it must have nothing in common with them, neither random numbers, nor names, nor a clock that stood still.</summary>
internal static class GuestIdentities
{
    private const int EntropyBytes = 512;

    /// <summary>An identity with random bytes and the time of now.</summary>
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
