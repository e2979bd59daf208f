using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Runtime.Factory;
using WireCounts = KataActors.Protocol.Control.FactoryCounts;

namespace KataActors.Runtime.Gateway;

/// <summary>The factory as the control protocol shows it.</summary>
internal static partial class Responses
{
    public static FactoryStatusResponse Factory(FactoryStatus status) => new()
    {
        Template = new FactoryTemplate
        {
            State = status.Template.State.ToString().ToLowerInvariant(),
            Step = status.Template.Step,
            Problem = status.Template.Problem,
            Folder = status.TemplateFolder,
            Manifest = status.Template.Manifest is { } manifest ? UnsafeByteOperations.UnsafeWrap(manifest.ToJson()) : ByteString.Empty,
        },
        Pool = new FactoryPool
        {
            Ready = (uint)status.PoolReady,
            Booting = (uint)status.PoolBooting,
            Target = (uint)status.PoolTarget,
            Minimum = (uint)status.PoolMinimum,
            Maximum = (uint)status.PoolMaximum,
            Problem = status.PoolProblem,
        },
        Counts = new WireCounts
        {
            PoolHits = (ulong)status.Counts.PoolHits,
            TemplateHits = (ulong)status.Counts.TemplateHits,
            Misses = (ulong)status.Counts.Misses,
            Fallbacks = (ulong)status.Counts.Fallbacks,
            Cold = (ulong)status.Counts.Cold,
            LastFallback = status.Counts.LastFallback,
        },
        Booting = (uint)status.Booting,
        ConcurrentBoots = (uint)status.ConcurrentBoots,
        Waiting = (uint)status.Waiting,
        Clones = (uint)status.Memory.Clones,
        MemorySavedKib = (ulong)Math.Max(0, status.Memory.SavedKib),
    };
}
