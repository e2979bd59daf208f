using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Gateway;

/// <summary>The users of the daemon: root, and the daemon's own user.</summary>
internal static class Caller
{
    private const uint Root = 0;

    /// <summary>The user that this process runs as.</summary>
    public static uint OwnUid()
    {
        // The files below /proc/self belong to the effective user; the second number of this line is that user.
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("Uid:", StringComparison.Ordinal));
        return uint.Parse(line.Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Refuses everyone else.</summary>
    /// <exception cref="TtrpcException">PermissionDenied.</exception>
    public static void Authorize(TtrpcPeer? peer, uint ownUid)
    {
        if (peer is null || (peer.Uid != Root && peer.Uid != ownUid))
        {
            throw new TtrpcException(
                StatusCode.PermissionDenied,
                $"user {(peer is null ? "(unknown)" : peer.Uid)} may not use this daemon: only root and the user it runs as ({ownUid}) may");
        }
    }
}
