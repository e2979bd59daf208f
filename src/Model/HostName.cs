using System.Security.Cryptography;
using System.Text;

namespace KataActors.Model;

/// <summary>
/// The name of a sandbox or container on the host and below the guest share: its id, unless the id is too long for a file name or for the socket
/// paths below the run directory, or in use under another root. Then a hash completes it.
/// </summary>
public static class HostName
{
    private const int HashCharacters = 16;

    /// <summary>The name for <paramref name="key"/>.</summary>
    /// <param name="key">The sandbox or container.</param>
    /// <param name="maximum">Longest possible name, in characters; at least 24.</param>
    /// <param name="taken">Whether the plain id is in use under another root.</param>
    public static string For(ContainerKey key, int maximum, bool taken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, HashCharacters + 8);
        if (!taken && key.Id.Length <= maximum)
        {
            return key.Id;
        }

        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{key.Root}\0{key.Id}"));
        var hash = Convert.ToHexStringLower(digest)[..HashCharacters];
        return $"{key.Id[..Math.Min(key.Id.Length, maximum - HashCharacters - 1)]}-{hash}";
    }
}
