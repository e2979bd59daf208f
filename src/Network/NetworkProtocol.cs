using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KataActors.Linux;
using KataActors.Linux.Netlink;

namespace KataActors.Network;

/// <summary>Messages of a <see cref="NetworkActor"/>. Each command gets its own reply or a <see cref="NetworkFailed"/>; they are carried out in their order.</summary>
public static class NetworkProtocol
{
    /// <summary>A command.</summary>
    public interface ICommand;

    /// <summary>A command inside of a network namespace.</summary>
    public abstract record InNamespace : ICommand
    {
        /// <summary>The namespace. The sender owns it and keeps it open until the reply.</summary>
        public SafeHandle? Namespace { get; init; }

        /// <summary>A process in the namespace, when that is not given.</summary>
        public ProcessIdentity? Process { get; init; }
    }

    /// <summary>Look at a network namespace. Replies <see cref="Scanned"/>. Nothing is changed.</summary>
    public sealed record Scan : InNamespace;

    /// <summary>The content of the namespace.</summary>
    public sealed record Scanned(NetworkView View);

    /// <summary>Connect each interface with a tap interface of its own. Replies <see cref="Connected"/>. After a failure none is connected.</summary>
    /// <param name="Mark">The sandbox's uuid, which marks what is made.</param>
    /// <param name="Endpoints">The interfaces.</param>
    public sealed record Connect(Guid Mark, ImmutableArray<NetworkEndpoint> Endpoints) : InNamespace;

    /// <summary>The interfaces are connected.</summary>
    /// <param name="Taps">
    /// The tap interfaces, in the order of the interfaces. The actor owns their descriptors, and closes them at a release and when it ends: a tap interface
    /// without any descriptor is gone.
    /// </param>
    public sealed record Connected(ImmutableArray<TapDevice> Taps);

    /// <summary>Take back all connections with a mark, if there are any. Replies <see cref="Released"/>.</summary>
    /// <param name="Namespace">The inode of the namespace. When it cannot be found any more, nothing is left.</param>
    /// <param name="Mark">The mark.</param>
    /// <param name="Interfaces">The interfaces of the view: a connection may have been interrupted before it got its mark.</param>
    public sealed record Release(ulong Namespace, Guid Mark, ImmutableArray<int> Interfaces) : ICommand;

    /// <summary>Nothing with the mark is left.</summary>
    public sealed record Released;

    /// <summary>The command failed.</summary>
    public sealed record NetworkFailed(Failure Failure);
}
