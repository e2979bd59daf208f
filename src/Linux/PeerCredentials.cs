namespace KataActors.Linux;

/// <summary>The process at the other end of a Unix socket at the time of its connect (SO_PEERCRED of unix(7)).</summary>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
