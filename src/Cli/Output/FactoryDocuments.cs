using System.Text.Json;
using System.Text.Json.Serialization;

namespace KataActors.Cli.Output;

/// <summary>The document of <c>factory status --format json</c>.</summary>
internal sealed record FactoryDocument(
    TemplateDocument Template, PoolDocument Pool, CountsDocument Counts, uint Booting, uint ConcurrentBoots, uint Waiting, uint Clones, ulong MemorySavedKib);

/// <summary>The template; its manifest as the file holds it, or null.</summary>
internal sealed record TemplateDocument(
    string State, string Step, string Problem, string Folder, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] JsonElement? Manifest);

/// <summary>The pool.</summary>
internal sealed record PoolDocument(uint Ready, uint Booting, uint Target, uint Minimum, uint Maximum, string Problem);

/// <summary>The origins of the VMs.</summary>
internal sealed record CountsDocument(ulong PoolHits, ulong TemplateHits, ulong Misses, ulong Fallbacks, ulong Cold, string LastFallback);
