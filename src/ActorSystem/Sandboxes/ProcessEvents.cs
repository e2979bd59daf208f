using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The events of the processes in a VM. They are recorded in the run directory before they are journaled: they are frequent, and mean nothing without
/// that directory. Events about objects of the host are journaled first, because a removal may have to find the objects by them.
/// </summary>
internal static class ProcessEvents
{
    /// <summary>Whether all events are of that kind.</summary>
    public static bool Are(ImmutableArray<IMessage> events) => events.All(e => e is
        ContainerStartBegun or ContainerStarted or ContainerStartFailed or ContainerExited
        or ContainerPauseBegun or ContainerPaused or ContainerResumeBegun or ContainerResumed
        or ExecBegun or ExecStarted or ExecExited or ExecRemoved);
}
