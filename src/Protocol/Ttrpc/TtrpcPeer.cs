namespace KataActors.Protocol.Ttrpc;

/// <summary>The process at the other end of a Unix socket when it connected (SO_PEERCRED, unix(7)).</summary>
public sealed record TtrpcPeer(uint Uid, uint Gid, int Pid);
