namespace KataActors.Linux;

/// <summary>Who is at the other end of a Unix socket, as of its connect (SO_PEERCRED of unix(7)).</summary>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
