using System.Text.Json.Serialization;

namespace KataActors.Cli.Output;

/// <summary>How the documents for programs are written. What is null is left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(IReadOnlyList<SandboxLine>))]
[JsonSerializable(typeof(SandboxDocument))]
[JsonSerializable(typeof(FactoryDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext;
