using System.Text.Json.Serialization;

namespace KataActors.Cli.Output;

/// <summary>The JSON form of the documents for programs. Null members are left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(IReadOnlyList<SandboxLine>))]
[JsonSerializable(typeof(SandboxDocument))]
[JsonSerializable(typeof(FactoryDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext;
