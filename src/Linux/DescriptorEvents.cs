using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>Waits for a descriptor without a thread of its own. The waits continue when the descriptor is closed meanwhile.</summary>
public static class DescriptorEvents
{
    /// <summary>Completes when a read would not wait: bytes, the end, or an error.</summary>
    public static Task WaitReadableAsync(SafeHandle descriptor, CancellationToken cancellation) =>
        DescriptorPoller.WaitReadableAsync(descriptor, cancellation);

    /// <summary>Completes when a write would not wait: room, or an error.</summary>
    public static Task WaitWritableAsync(SafeHandle descriptor, CancellationToken cancellation) =>
        DescriptorPoller.WaitWritableAsync(descriptor, cancellation);

    /// <summary>Calls back each time that the descriptor's state may have changed. The callback must be short and must not throw.</summary>
    public static IDisposable Subscribe(SafeHandle descriptor, Action changed) => DescriptorPoller.Subscribe(descriptor, changed);
}
